import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { MachineState, MachineSummary } from '../../contract/machine.ts';
import type { WatchEvent } from '../../contract/watch.ts';
import { createCore } from '../../core/create-core.ts';
import { runCli } from '../kit/built-cli.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { openWebFace } from '../kit/web-face.ts';
import { createRandom, type Random } from './random.ts';

export interface CrowdReport {
  readonly seed: number;
  readonly seconds: number;
  readonly done: Record<string, number>;
  /** Refusals by error code; only those that another's change explains may be here. */
  readonly refused: Record<string, number>;
  /** Sights of changes that no other change came near to, and how long after the change's own answer they came: median, 95 %, all. */
  readonly sightsChecked: number;
  readonly sightMs: { readonly median: number; readonly most: number; readonly slowest: number };
}

interface Change {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  readonly state: MachineState | null;
}

/** A face that watches, with when it was told what. */
interface Watcher {
  readonly seen: { readonly at: number; readonly name: string; readonly state: MachineState }[];
  readonly machines: Map<string, MachineSummary>;
}

/**
 * Several faces at once on the same machines: two web modes that watch and change, and command-line loops. Nobody may get
 * an error but that somebody else was quicker, every watcher must see every change within a second, and at the end all
 * agree with what a fresh core finds.
 */
export async function playCrowd(
  home: TestHome,
  { machines, loops, seconds, seed }: { machines: number; loops: number; seconds: number; seed: number },
): Promise<CrowdReport> {
  const names = await makeMachines(home, machines);
  const faces = await Promise.all([openWebFace(home.environment), openWebFace(home.environment)]);
  const changes: Change[] = [];
  const done: Record<string, number> = {};
  const refused: Record<string, number> = {};
  try {
    const watchers = faces.map(({ client }) => follow(client.watch));
    await waitUntil('both faces to watch', () => watchers.every((watcher) => watcher.machines.size === machines));
    const until = performance.now() + seconds * 1000;
    const work = async (random: Random, act: (verb: Verb, name: string) => Promise<Outcome>): Promise<void> => {
      while (performance.now() < until) {
        const name = random.pick(names);
        const verb = chooseVerb(watchers[0]?.machines, name, random);
        const begin = performance.now();
        const { state, code } = await act(verb, name);
        if (code === undefined) changes.push({ name, begin, end: performance.now(), state });
        const tally = code === undefined ? done : refused;
        tally[code ?? verb] = (tally[code ?? verb] ?? 0) + 1;
      }
    };
    await Promise.all([
      ...Array.from({ length: loops }, (_, index) =>
        work(createRandom(seed + index), async (verb, name) =>
          readOutcome(await runCli(home.environment, verb, name, ...extra(verb), '--json')),
        ),
      ),
      ...faces.map(({ client }, index) =>
        work(createRandom(seed + 100 + index), async (verb, name) => {
          // A person is slower than a loop.
          await sleep(createRandom(seed + index).below(200));
          const call = client.call.machine as unknown as Record<string, (input: object) => Promise<{ state: MachineState }>>;
          const input = verb === 'set' ? { machine: name, settings: { tags: ['crowd'] } } : { machine: name };
          try {
            return { state: verb === 'set' ? null : ((await call[verb]?.(input))?.state ?? null) };
          } catch (error) {
            return { state: null, code: (error as { code: string }).code };
          }
        }),
      ),
    ]);
    // One more change of each machine with nobody in its way, so that there are always some to look for.
    await checkAgreement(home, watchers);
    for (const name of names) {
      const verb = chooseOpposite(watchers[0]?.machines.get(name)?.state);
      const begin = performance.now();
      const { state, code } = readOutcome(await runCli(home.environment, verb, name, '--json'));
      expect(code, `${verb} ${name}`).toBeUndefined();
      changes.push({ name, begin, end: performance.now(), state });
    }
    expect(Object.keys(refused).filter((code) => code !== 'busy' && code !== 'wrong-state')).toEqual([]);
    const delaysMs = await listSightDelays(changes, watchers);
    await checkAgreement(home, watchers);
    const at = (share: number): number => Math.round(delaysMs[Math.floor((delaysMs.length - 1) * share)] ?? 0);
    return {
      seed,
      seconds,
      done,
      refused,
      sightsChecked: delaysMs.length,
      sightMs: { median: at(0.5), most: at(0.95), slowest: at(1) },
    };
  } finally {
    for (const face of faces) await face.close();
  }
}

type Verb = 'start' | 'pause' | 'resume' | 'reset' | 'kill' | 'set';
interface Outcome {
  readonly state: MachineState | null;
  readonly code?: string;
}

async function makeMachines(home: TestHome, count: number): Promise<string[]> {
  const core = createCore({ environment: home.environment });
  const names = Array.from({ length: count }, (_, index) => `crowd${index}`);
  for (const name of names) {
    await core.handlers.machine.create(
      { name, source: { type: 'empty' }, memoryMiB: 32, cpus: 1, diskSize: 0, accelerator: 'tcg', network: 'none' },
      {},
    );
  }
  await core.close();
  return names;
}

/** Changes of one machine that are further apart than this do not hide each other from who watches. */
const apartMs = 250;

/** A change that works in any state a machine of the crowd can be in. */
function chooseOpposite(state: MachineState | undefined): Verb {
  return state === 'off' ? 'start' : 'kill';
}

/** What makes sense for the machine as the window shows it. */
function chooseVerb(machines: ReadonlyMap<string, MachineSummary> | undefined, name: string, random: Random): Verb {
  const state = machines?.get(name)?.state;
  if (random.below(10) < 1) return 'set';
  if (state === 'running') return random.pick<Verb>(['pause', 'reset', 'kill', 'kill']);
  if (state === 'paused') return random.pick<Verb>(['resume', 'resume', 'kill']);
  return 'start';
}

function extra(verb: Verb): string[] {
  return verb === 'set' ? ['tags=crowd'] : [];
}

function readOutcome({ exitCode, stdout, stderr }: { exitCode: number | null; stdout: string; stderr: string }): Outcome {
  if (exitCode === 0) return { state: (JSON.parse(stdout) as { state: MachineState }).state };
  try {
    return { state: null, code: (JSON.parse(stderr) as { error: { code: string } }).error.code };
  } catch {
    return { state: null, code: `exit ${exitCode}: ${stderr.slice(0, 300)}` };
  }
}

function follow(watch: (onEvent: (event: WatchEvent) => void, onStatus: () => void) => unknown): Watcher {
  const watcher: Watcher = { seen: [], machines: new Map() };
  const note = (machine: MachineSummary): void => {
    watcher.machines.set(machine.name, machine);
    watcher.seen.push({ at: performance.now(), name: machine.name, state: machine.state });
  };
  watch(
    (event) => {
      if (event.type === 'snapshot') event.machines.forEach(note);
      if (event.type === 'machine') note(event.machine);
    },
    () => {},
  );
  return watcher;
}

/**
 * Looks at the changes of state that no other change of the same machine came near to: each must be seen by everybody.
 * Gives the delays, sorted. How long they may be depends on how starved the host is, so they are reported.
 */
async function listSightDelays(changes: readonly Change[], watchers: readonly Watcher[]): Promise<number[]> {
  const delays: number[] = [];
  const alone = changes.filter(
    (change) =>
      change.state !== null &&
      !changes.some(
        (other) =>
          other !== change &&
          other.name === change.name &&
          other.begin < change.end + apartMs &&
          other.end > change.begin - apartMs,
      ),
  );
  for (const change of alone) {
    for (const watcher of watchers) {
      // A reset, say, leaves the state as it was, which is no news.
      if (lastBefore(watcher, change) === change.state) continue;
      const sight = await waitUntil(`a face to see that ${change.name} became ${change.state}`, () =>
        watcher.seen.find(({ at, name, state }) => name === change.name && state === change.state && at >= change.begin),
      );
      delays.push(Math.max(0, sight.at - change.end));
    }
  }
  return delays.sort((a, b) => a - b);
}

function lastBefore(watcher: Watcher, change: Change): MachineState | undefined {
  return watcher.seen.filter(({ at, name }) => name === change.name && at < change.begin).at(-1)?.state;
}

async function checkAgreement(home: TestHome, watchers: readonly Watcher[]): Promise<void> {
  const core = createCore({ environment: home.environment });
  const truth = new Map((await core.handlers.machine.list({}, {})).map((machine) => [machine.name, machine]));
  await core.close();
  for (const watcher of watchers) {
    await waitUntil('all faces to agree', () =>
      [...truth].every(([name, machine]) => JSON.stringify(watcher.machines.get(name)) === JSON.stringify(machine)),
    );
  }
  expect([...truth.values()].filter(({ state }) => !['off', 'running', 'paused'].includes(state))).toEqual([]);
}
