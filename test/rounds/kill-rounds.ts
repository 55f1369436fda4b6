import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { MachineSummary } from '../../contract/machine.ts';
import { createCore } from '../../core/create-core.ts';
import { createLocks } from '../../core/storage/lock.ts';
import { listQemus } from '../kit/list-qemus.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';
import type { KillableFace } from './killable-face.ts';
import { createRandom } from './random.ts';

export interface KillReport {
  readonly rounds: number;
  readonly seed: number;
  /** How many operations were killed before they had answered, by face and operation. */
  readonly interrupted: Record<string, number>;
  /** The longest time until every running machine was found again, in ms. */
  readonly slowestFindMs: number;
}

type Operation = 'create' | 'create and start' | 'start' | 'delete';

/**
 * Kills faces with SIGKILL at random moments of create, start and delete. After each round a fresh core looks: no machine
 * lost, doubled or broken, every QEMU found again under its machine within a second, no leftover.
 */
export async function playKillRounds(
  home: TestHome,
  faces: readonly KillableFace[],
  { rounds, seed }: { rounds: number; seed: number },
): Promise<KillReport> {
  const random = createRandom(seed);
  const known = new Map<string, MachineSummary>();
  const interrupted: Record<string, number> = {};
  let slowestFindMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    await provideMachines(home, known, round);
    const face = random.pick(faces);
    const operation = random.pick<Operation>(['create', 'create and start', 'start', 'delete']);
    const target = pickTarget(operation, known, round, random.pick);
    const what = `seed ${seed}, round ${round}: ${face.name} ${operation} ${target}`;

    const session = await face.open(home.environment);
    const done = session.run(...buildCall(operation, target)).then(
      () => true,
      () => false,
    );
    await Promise.race([done, sleep(random.below(face.longestMs))]);
    const wasEarly = session.kill();
    await session.ended;
    if (wasEarly) interrupted[`${face.name} ${operation}`] = (interrupted[`${face.name} ${operation}`] ?? 0) + 1;

    const { machines, foundMs } = await lookAgain(home, what);
    slowestFindMs = Math.max(slowestFindMs, foundMs);
    checkAgainst(known, machines, operation, target, what);
    await checkLeftovers(home, machines, what);
    known.clear();
    for (const machine of machines) known.set(machine.name, machine);
  }
  return { rounds, seed, interrupted, slowestFindMs: Math.round(slowestFindMs) };
}

/** Before each round there are machines to start and to delete, and not too many run. */
async function provideMachines(home: TestHome, known: Map<string, MachineSummary>, round: number): Promise<void> {
  const core = createCore({ environment: home.environment });
  const { machine } = core.handlers;
  const running = [...known.values()].filter(({ state }) => state === 'running');
  for (const { id } of running.slice(2)) await machine.kill({ machine: id }, {});
  const off = [...known.values()].filter(({ state }) => state === 'off');
  for (const { id } of off.slice(4)) await machine.delete({ machine: id }, {});
  if (off.length === 0) await machine.create({ name: `spare${round}`, ...tiny }, {});
  known.clear();
  for (const summary of await machine.list({}, {})) known.set(summary.name, summary);
  await core.close();
}

const tiny = { memoryMiB: 64, cpus: 1, diskSize: 64 * 1024 * 1024, accelerator: 'tcg', source: { type: 'empty' } } as const;

function pickTarget(
  operation: Operation,
  known: ReadonlyMap<string, MachineSummary>,
  round: number,
  pick: (names: readonly string[]) => string,
): string {
  if (operation.startsWith('create')) return `m${round}`;
  return pick([...known.values()].filter(({ state }) => state === 'off').map(({ name }) => name));
}

function buildCall(operation: Operation, name: string): [operation: string, input: object] {
  if (operation === 'start' || operation === 'delete') return [`machine.${operation}`, { machine: name }];
  return ['machine.create', { name, ...tiny, start: operation === 'create and start' }];
}

/** Every QEMU must be listed as running under its own machine, by its process, within a second. */
async function lookAgain(home: TestHome, what: string): Promise<{ machines: MachineSummary[]; foundMs: number }> {
  const core = createCore({ environment: home.environment });
  try {
    const begin = performance.now();
    await waitUntil(
      `${what}: every QEMU to be found`,
      async () => {
        const listed = (await core.handlers.machine.list({}, {})).filter(({ state }) => state === 'running').map(({ id }) => id);
        return (
          JSON.stringify(listed.sort()) ===
          JSON.stringify(
            listQemus(home)
              .map(({ machine }) => machine)
              .sort(),
          )
        );
      },
      { timeoutMs: 1000, intervalMs: 10 },
    );
    const foundMs = performance.now() - begin;
    // A start that was killed before its QEMU is seen counts as starting for two seconds.
    await waitUntil(`${what}: the state to settle`, async () =>
      (await core.handlers.machine.list({}, {})).every(({ state }) => state === 'off' || state === 'running'),
    );
    return { machines: await core.handlers.machine.list({}, {}), foundMs };
  } finally {
    await core.close();
  }
}

function checkAgainst(
  known: ReadonlyMap<string, MachineSummary>,
  machines: readonly MachineSummary[],
  operation: Operation,
  target: string,
  what: string,
): void {
  expect(new Set(machines.map(({ name }) => name)).size, `${what}: names are unique`).toBe(machines.length);
  for (const before of known.values()) {
    const after = machines.find(({ id }) => id === before.id);
    if (before.name === target && operation === 'delete' && after === undefined) continue;
    expect(after, `${what}: ${before.name} is still there`).toBeDefined();
    if (before.name !== target) expect(after, `${what}: ${before.name} is untouched`).toEqual(before);
  }
  const fresh = machines.filter(({ id }) => ![...known.values()].some((before) => before.id === id));
  expect(fresh.length, `${what}: at most the one new machine`).toBeLessThanOrEqual(operation.startsWith('create') ? 1 : 0);
  for (const machine of fresh) expect(machine.name, what).toBe(target);
}

async function checkLeftovers(home: TestHome, machines: readonly MachineSummary[], what: string): Promise<void> {
  const ids = machines.map(({ id }) => id).sort();
  const folders = readdirSync(join(home.folder, 'machines')).filter((name) => name !== '.lock-key');
  expect(folders.sort(), `${what}: only whole machines`).toEqual(ids);
  const running = machines.filter(({ state }) => state === 'running').map(({ id }) => id);
  expect(readdirSync(join(home.folder, 'run')).sort(), `${what}: runtime folders of running machines only`).toEqual(
    running.sort(),
  );
  const written = readdirSync(join(home.folder, 'machines'), { recursive: true, encoding: 'utf8' });
  expect(
    written.filter((name) => name.includes('.writing-')),
    `${what}: no half-written file`,
  ).toEqual([]);
  const locks = createLocks(join(home.folder, 'machines'));
  for (const name of ['names', ...ids]) expect(await locks.isHeld(name), `${what}: the lock of ${name} is free`).toBe(false);
}
