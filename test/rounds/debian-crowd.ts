import { expect } from 'vitest';
import { createCore } from '../../core/create-core.ts';
import { makeGuestTemplate } from '../kit/guest-template.ts';
import { hashFolder } from '../kit/hash-folder.ts';
import type { TestHome } from '../kit/test-home.ts';

/**
 * Starts throwaways of a real Debian with systemd, one after the other and then all at once. Each puts its own text onto its disk and into its
 * memory; none sees that of another, each has its own name, address and random numbers, and the template is, to the byte, as it was.
 */
export async function playDebianCrowd(
  home: TestHome,
  { inARow, atOnce }: { inARow: number; atOnce: number },
): Promise<{ inARowMs: number; atOnceMs: number }> {
  const core = createCore({ environment: home.environment });
  const { machine, template, throwaway } = core.handlers;
  await makeGuestTemplate(core, 'debian');
  const [made] = await template.list({}, {});
  const hash = hashFolder(made?.folder ?? '');
  const start = async (): Promise<string> => {
    const started = await throwaway.create({ template: 'debian', isOwned: true, hasCommand: true }, {});
    expect(started).toMatchObject({ isWarm: true, notice: null });
    return started.machine.id;
  };
  const ask = async (id: string, script: string): Promise<string> => {
    const { exitCode, stdout } = await machine.exec({ machine: id, command: ['sh', '-c', script] }, {});
    expect(exitCode).toBe(0);
    return stdout;
  };
  const put = (id: string, text: string): Promise<string> =>
    ask(id, `cat /var/mine /dev/shm/mine 2>/dev/null; echo ${text} >/var/mine; echo ${text} >/dev/shm/mine; sync`);
  const get = (id: string): Promise<string> => ask(id, 'cat /var/mine /dev/shm/mine');

  let begin = performance.now();
  for (let number = 0; number < inARow; number += 1) {
    const id = await start();
    expect(await put(id, `row-${number}`)).toBe('');
    expect(await get(id)).toBe(`row-${number}\nrow-${number}\n`);
    await machine.kill({ machine: id }, {});
  }
  const inARowMs = performance.now() - begin;
  begin = performance.now();
  const crowd = await Promise.all(Array.from({ length: atOnce }, start));
  expect(await Promise.all(crowd.map((id, number) => put(id, `crowd-${number}`)))).toEqual(crowd.map(() => ''));
  const atOnceMs = performance.now() - begin;
  const selves = await Promise.all(
    crowd.map((id) => ask(id, 'hostname; cat /sys/class/net/e*/address; head -c 16 /dev/urandom | od -An -tx1')),
  );
  for (const line of [0, 1, 2]) expect(new Set(selves.map((self) => self.split('\n')[line])).size).toBe(atOnce);
  for (const [number, id] of crowd.entries()) expect(await get(id)).toBe(`crowd-${number}\ncrowd-${number}\n`);
  await Promise.all(crowd.map((id) => machine.kill({ machine: id }, {})));
  expect(await machine.list({}, {})).toEqual([]);
  expect(hashFolder(made?.folder ?? '')).toEqual(hash);
  await template.delete({ template: 'debian' }, {});
  await core.close();
  return { inARowMs: Math.round(inARowMs), atOnceMs: Math.round(atOnceMs) };
}
