import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { createCore } from '../../core/create-core.ts';
import { hashFolder } from '../kit/hash-folder.ts';
import { vmBooted } from '../kit/keeper.ts';
import { findProcesses } from '../kit/processes.ts';
import { startThrowawayElsewhere } from '../kit/start-elsewhere.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { createRandom } from './random.ts';

export interface ThrowawayKills {
  readonly rounds: number;
  /** How often the owner was killed before its throwaway ran, after that, and how often QEMU was. */
  readonly killed: { starting: number; running: number; qemu: number };
}

/** From the spawn of a face to a throwaway that runs, at most, in ms; it loads its code first. */
const longestStartMs = 1500;

/**
 * Kills the process that wants a throwaway, or the throwaway's QEMU, at random moments. After the next look nothing is left of it:
 * no process, no file, no socket; and the template is, to the byte, as it was.
 */
export async function playThrowawayKills(
  home: TestHome,
  { rounds, seed }: { rounds: number; seed: number },
): Promise<ThrowawayKills> {
  const random = createRandom(seed);
  const core = createCore({ environment: home.environment });
  const { machine } = core.handlers;
  await vmBooted(core, home.scratch, 'origin', { guest: 'tiny', disks: 2 });
  const template = await core.handlers.template.create({ machine: 'origin', name: 'base', warm: true, full: true }, {});
  await machine.kill({ machine: 'origin' }, {});
  await machine.delete({ machine: 'origin' }, {});
  const hash = hashFolder(template.folder);
  const killed = { starting: 0, running: 0, qemu: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const owner = startThrowawayElsewhere(home, { template: 'base', isOwned: true });
    const isQemu = random.below(1) < 0.3;
    const id = isQemu ? await owner.started : await Promise.race([owner.started, delay(random.below(longestStartMs))]);
    if (isQemu) {
      const named = findProcesses(`-pidfile ${join(home.folder, 'run', id ?? '')}`);
      for (const { pid, commandLine } of named) if (!commandLine.startsWith('/bin/sh')) process.kill(pid, 'SIGKILL');
      killed.qemu += 1;
    } else killed[id === undefined ? 'starting' : 'running'] += 1;
    owner.kill();
    await owner.ended;
    const where = `round ${round} of seed ${seed}`;
    await waitUntil(
      `the next look to find nothing in ${where}`,
      async () => {
        const list = await machine.list({}, {});
        return list.length === 0 && findProcesses(join(home.folder, 'run/')).length === 0;
      },
      { timeoutMs: 10_000 },
    );
    const names = readdirSync(join(home.folder, 'machines')).filter((name) => name !== '.lock-key');
    expect(names, where).toEqual([template.id]);
    expect(readdirSync(join(home.folder, 'run')), where).toEqual([]);
  }
  expect(hashFolder(template.folder)).toEqual(hash);
  await core.handlers.template.delete({ template: 'base' }, {});
  await core.close();
  return { rounds, killed };
}
