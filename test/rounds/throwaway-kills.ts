import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { collect, startCli } from '../kit/built-cli.ts';
import { makeGuestTemplate } from '../kit/guest-template.ts';
import { hashFolder } from '../kit/hash-folder.ts';
import { listQemus } from '../kit/list-qemus.ts';
import { findProcesses } from '../kit/processes.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitForSpares } from '../kit/wait-for-spares.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { electronFace, type KillableFace, webModeFace } from './killable-face.ts';
import { createRandom, type Random } from './random.ts';

export interface ThrowawayKills {
  readonly rounds: number;
  /** How often each kind was played. */
  readonly killed: Readonly<Record<Kind, number>>;
  /** Of the broken-off keeps, how many machines stayed; of the forks, how many were there. */
  readonly kept: number;
  readonly forked: number;
}

/** What is killed at a random moment: `bothy run`, the same when a machine is kept ready for it, its QEMU, a face that starts a throwaway, `bothy keep`, `bothy fork`. */
const kinds = ['run', 'claim', 'qemu', 'web', 'electron', 'keep', 'fork'] as const;
type Kind = (typeof kinds)[number];

/** Nearly every such command has ended within these, in ms. */
const longestMs = { run: 2000, create: 900, keep: 2500, fork: 3000 } as const;

interface Round {
  readonly home: TestHome;
  readonly core: Core;
  readonly random: Random;
  /** Told with whatever fails. */
  readonly where: string;
}

/**
 * Kills what has to do with throwaways with SIGKILL at random moments. After the next look nothing is left of one: no process, no
 * file, no socket; what was kept or forked is a whole machine, or is not there; and the template is, to the byte, as it was.
 */
export async function playThrowawayKills(
  home: TestHome,
  { rounds, seed }: { rounds: number; seed: number },
): Promise<ThrowawayKills> {
  const random = createRandom(seed);
  const core = createCore({ environment: home.environment });
  await makeGuestTemplate(core, 'quickDemo');
  core.keepReady();
  // Its definition is written in the order of its schema from the first change on.
  await core.handlers.template.edit({ template: 'demo', keepReady: 0 }, {});
  const [template] = await core.handlers.template.list({}, {});
  if (template === undefined) throw new Error('there is no template');
  const hash = hashFolder(template.folder);
  const killed = { run: 0, claim: 0, qemu: 0, web: 0, electron: 0, keep: 0, fork: 0 };
  let [kept, forked] = [0, 0];
  for (let number = 0; number < rounds; number += 1) {
    // Each kind comes up even in a few rounds.
    const kind = kinds[number] ?? random.pick(kinds);
    const round = { home, core, random, where: `round ${number} of seed ${seed}: ${kind}` };
    killed[kind] += 1;
    if (kind === 'run' || kind === 'qemu') await killRun(round, kind);
    else if (kind === 'claim') await killClaim(round);
    else if (kind === 'keep') kept += (await killKeep(round)) ? 1 : 0;
    else if (kind === 'fork') forked += (await killFork(round)) ? 1 : 0;
    else await killFace(round, kind === 'web' ? webModeFace : electronFace);
    await expectNothing(round, template.id);
  }
  expect(hashFolder(template.folder)).toEqual(hash);
  await core.handlers.template.delete({ template: 'demo' }, {});
  await core.close();
  return { rounds, killed, kept, forked };
}

/** While it starts, while its command runs, and while it ends. */
async function killRun({ home, random, where }: Round, victim: 'run' | 'qemu'): Promise<void> {
  const child = startCli(home.environment, 'run', 'demo', '--', 'sh', '-c', 'echo up; sleep 0.3');
  const ended = collect(child);
  if (victim === 'run') {
    await Promise.race([ended, delay(random.below(longestMs.run))]);
    child.kill('SIGKILL');
    await ended;
    return;
  }
  const [qemu] = await waitUntil('QEMU to be there', () => (listQemus(home).length > 0 ? listQemus(home) : undefined));
  await Promise.race([ended, delay(random.below(longestMs.run / 2))]);
  if (qemu !== undefined && listQemus(home).some(({ pid }) => pid === qemu.pid)) process.kill(qemu.pid, 'SIGKILL');
  const { exitCode, stderr } = await ended;
  // It had ended before, or says what became of its machine.
  if (exitCode !== 0) expect({ exitCode, stderr }, where).toEqual({ exitCode: 125, stderr: expect.stringMatching(/^bothy: /) });
}

/** The spare is whole again for whoever comes next, or gone with who had claimed it. */
async function killClaim(round: Round): Promise<void> {
  const { template } = round.core.handlers;
  await template.edit({ template: 'demo', keepReady: 1 }, {});
  await waitForSpares(round.core, 1);
  await killRun(round, 'run');
  await waitForSpares(round.core, 1);
  await template.edit({ template: 'demo', keepReady: 0 }, {});
  await waitForSpares(round.core, 0);
}

async function killFace({ home, random }: Round, face: KillableFace): Promise<void> {
  const session = await face.open(home.environment);
  const done = session.run('throwaway.create', { template: 'demo', isOwned: true }).catch(() => undefined);
  await Promise.race([done, delay(random.below(longestMs.create))]);
  session.kill();
  await session.ended;
}

/** Whether it was kept. It is a whole machine then, of which keeping can be completed. */
async function killKeep({ home, core, random, where }: Round): Promise<boolean> {
  const { machine, throwaway } = core.handlers;
  const { id } = (await throwaway.create({ template: 'demo', name: 'wanted' }, {})).machine;
  await core.handlers.machine.exec({ machine: id, command: ['sh', '-c', 'echo mine >/mine'] }, {});
  await killCommand(home, random.below(longestMs.keep), 'keep', 'wanted');
  const [found] = await machine.list({}, {});
  expect(found, where).toMatchObject({ id, state: 'running' });
  expect((await machine.exec({ machine: id, command: ['cat', '/mine'] }, {})).stdout, where).toBe('mine\n');
  const isKept = found?.throwaway === false;
  if (isKept) {
    await throwaway.keep({ machine: id }, {}).catch((error: { code?: string }) => expect(error.code, where).toBe('wrong-state'));
    await machine.kill({ machine: id }, {});
    await machine.delete({ machine: id }, {});
  } else await machine.kill({ machine: id }, {});
  return isKept;
}

/** Whether there is a fork. The original goes on in any case, and a fork runs, as a machine that stays. */
async function killFork({ home, core, random, where }: Round): Promise<boolean> {
  const { machine, throwaway } = core.handlers;
  const { id } = (await throwaway.create({ template: 'demo', name: 'original' }, {})).machine;
  await machine.exec({ machine: id, command: ['sh', '-c', 'echo mine >/mine'] }, {});
  await killCommand(home, random.below(longestMs.fork), 'fork', 'original', 'second');
  const ask = async (of: string): Promise<void> => {
    expect((await machine.exec({ machine: of, command: ['cat', '/mine'] }, {})).stdout, `${where}, ${of}`).toBe('mine\n');
  };
  const fork = (await machine.list({}, {})).find(({ name }) => name === 'second');
  const hasFork = fork !== undefined;
  if (hasFork) expect(fork, where).toMatchObject({ state: 'running', throwaway: false });
  await ask('original');
  await machine.kill({ machine: id }, {});
  if (hasFork) {
    await ask('second');
    await machine.kill({ machine: 'second' }, {});
    await machine.delete({ machine: 'second' }, {});
  }
  return hasFork;
}

async function killCommand(home: TestHome, ms: number, ...words: string[]): Promise<void> {
  const child = startCli(home.environment, ...words);
  const ended = collect(child);
  await Promise.race([ended, delay(ms)]);
  child.kill('SIGKILL');
  await ended;
}

/** The next look finds no machine, and nothing that one left. */
async function expectNothing({ home, core, where }: Round, templateId: string): Promise<void> {
  await waitUntil(
    `the next look to find nothing in ${where}`,
    async () => {
      const list = await core.handlers.machine.list({}, {});
      return list.length === 0 && findProcesses(join(home.folder, 'run/')).length === 0;
    },
    { timeoutMs: 10_000 },
  );
  const names = readdirSync(join(home.folder, 'machines')).filter((name) => name !== '.lock-key');
  expect(names, where).toEqual([templateId]);
  expect(readdirSync(join(home.folder, 'run')), where).toEqual([]);
}
