import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { findAgent } from '../../../core/agent/agent-client.ts';
import { makeGuestTemplate } from '../../kit/guest-template.ts';
import { type CoreOfTest, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

/** What a shell in the guest prints, by its agent. */
async function runInGuest({ folder }: CoreOfTest, id: string, script: string): Promise<string> {
  const agent = await findAgent(join(folder, 'run', id), 10_000);
  if (agent === undefined) throw new Error('the agent does not answer');
  try {
    const wish = { path: '/bin/sh', arg: ['-c', script], 'capture-output': true };
    const { pid } = await agent.execute<{ pid: number }>('guest-exec', wish);
    for (;;) {
      const status = await agent.execute<{ exited: boolean; 'out-data'?: string }>('guest-exec-status', { pid });
      if (status.exited) return Buffer.from(status['out-data'] ?? '', 'base64').toString('utf8');
      await delay(10);
    }
  } finally {
    agent.close();
  }
}

/** A guest that is not told the time is off by more than this. */
const staleMs = 5000;

const questions = [
  'hostname',
  'cat /sys/class/net/eth0/address',
  'head -c 16 /dev/urandom | od -An -tx1 | tr -d " \\n"; echo',
  'dmesg | grep -c "crng reseeded due to virtual machine fork"',
  'date +%s',
].join('; ');

it('each clone, machine and fork of a template is somebody else to its guest, at the right time', async () => {
  const made = useCore();
  const { core, machine } = made;
  await makeGuestTemplate(core, 'quickDemo');
  const [template] = await core.handlers.template.list({}, {});
  await waitUntil('the frozen time to be long gone', () => Date.now() - Date.parse(template?.warmedAt ?? '') > staleMs);
  const ids = [
    (await core.handlers.throwaway.create({ template: 'demo', name: 'one' }, {})).machine.id,
    (await core.handlers.throwaway.create({ template: 'demo', name: 'two' }, {})).machine.id,
    (await machine.create({ name: 'three', source: { type: 'template', template: 'demo' }, start: true }, {})).id,
  ];
  ids.push((await machine.fork({ machine: 'three', name: 'four' }, {})).machine.id);
  const answers: { name: string; mac: string; random: string; reseeds: string; offMs: number }[] = [];
  for (const id of ids) {
    const { mac: wanted } = (await machine.info({ machine: id }, {})).networks[0] ?? {};
    // Its card's address is what it is told last; nobody waited for that.
    await waitUntil('the guest to know who it is', async () =>
      (await runInGuest(made, id, 'cat /sys/class/net/eth0/address')).startsWith(`${wanted}`),
    );
    const before = Date.now();
    const [name = '', mac = '', random = '', reseeds = '', seconds = ''] = (await runInGuest(made, id, questions)).split('\n');
    // The guest tells whole seconds, which have begun, and was asked at some moment in between.
    const clock = Number(seconds) * 1000 + 500;
    answers.push({ name, mac, random, reseeds, offMs: Math.max(0, before - clock, clock - Date.now()) });
    expect(mac).toBe(wanted);
  }
  expect(answers.map(({ name }) => name)).toEqual(['one', 'two', 'three', 'four']);
  expect(new Set(answers.map(({ mac }) => mac)).size).toBe(4);
  expect(new Set(answers.map(({ random }) => random)).size).toBe(4);
  expect(answers.map(({ reseeds }) => reseeds)).toEqual(['1', '1', '1', '2']);
  // On a host that is swamped the time has grown old on its way to the guest.
  expect(answers.filter(({ offMs }) => offMs > staleMs / 2)).toEqual([]);
  const uuids = await Promise.all(ids.map(async (id) => (await machine.info({ machine: id }, {})).definition?.uuid));
  expect(new Set(uuids).size).toBe(4);

  // One that boots is told when its agent answers.
  for (const id of ids) await machine.kill({ machine: id }, {});
  await core.handlers.template.rebuild({ template: 'demo', cold: true }, {});
  const { machine: booted } = await core.handlers.throwaway.create({ template: 'demo', name: 'five' }, {});
  await machine.wait({ machine: 'five', for: 'agent', timeoutSeconds: 80 }, {});
  await waitUntil('it to know its name', async () => (await runInGuest(made, booted.id, 'hostname')) === 'five\n');
});
