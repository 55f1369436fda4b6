import { join } from 'node:path';
import { expect } from 'vitest';
import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { readTail } from '../../core/qemu/event-log.ts';
import { readMachines } from '../kit/home-files.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';
import type { Attempt, Found } from './timeline-attempts.ts';
import { findDifferences, type SeenLayers } from './timeline-check.ts';
import type { MachineModel } from './timeline-model.ts';
import type { TimelinePlay } from './timeline-play.ts';

/** What gets a machine into another state before something is tried on it. */
const preparations = ['write', 'put', 'start', 'stop', 'resume', 'snapshot', 'delete machine'];

/** Does one or two things, so that rounds begin with different machines. */
export async function prepareMachine(play: TimelinePlay, when: string): Promise<void> {
  for (let count = 0; count < 2; count += 1) {
    const choice = play.choose(({ name }) => preparations.includes(name));
    if (choice === undefined) continue;
    const { deed, machine } = choice;
    await inContext(`${when}: ${deed.name} ${machine.name}`, deed.act(machine));
  }
}

/**
 * Looks with a fresh core at what became of an attempt: one of its outcomes must be true, in everything. `adapt` changes what
 * an outcome says of a machine, knowing the state it was found in.
 */
export async function findOutcome(
  home: TestHome,
  play: TimelinePlay,
  seen: SeenLayers,
  attempt: Attempt,
  {
    isDone,
    what,
    adapt = (model) => model,
  }: { isDone: boolean; what: string; adapt?: (model: MachineModel, state: MachineModel['state']) => MachineModel },
): Promise<readonly MachineModel[]> {
  const core = createCore({ environment: home.environment });
  try {
    const state = await waitUntil(`${what}: the states to settle`, async () => {
      const listed = await core.handlers.machine.list({}, {});
      const isSettled = listed.every((one) => one.state !== 'starting');
      return isSettled ? listed.find(({ id }) => id === attempt.machine.id)?.state : undefined;
    });
    const problems: string[] = [];
    for (const outcome of attempt.listOutcomes(await lookUp(core), isDone)) {
      const models = outcome.map((model) => adapt(model, state as MachineModel['state']));
      const others = play.models.filter((model) => !models.some(({ id }) => id === model.id));
      const differences = await inContext(what, findDifferences(home, core, [...others, ...models], seen));
      if (differences.length === 0) {
        if (isDone) attempt.onDone?.();
        return models;
      }
      problems.push(`unlike ${models.map((model) => `${model.name} ${model.state}`).join(', ')}: ${differences.join('; ')}`);
    }
    expect([...problems, ...listLastWords(home)], what).toEqual(['no difference to one of the outcomes']);
    return [];
  } finally {
    await core.close();
  }
}

/** Goes to every snapshot of every machine, and sees that the next deletion leaves no layer to be merged. */
export async function goThroughAll(core: Core, play: TimelinePlay): Promise<void> {
  for (const machine of play.models) {
    for (const node of machine.nodes) {
      await core.handlers.snapshot.restore({ machine: machine.id, snapshot: node.id, present: 'discard' }, {});
      await inContext(`${node.name} of ${machine.name}`, play.ask({ ...machine, state: node.state, present: node.place }));
    }
    const { snapshot } = await core.handlers.snapshot.create({ machine: machine.id, name: play.buildName('last') }, {});
    await core.handlers.snapshot.delete({ machine: machine.id, snapshot: snapshot.id }, {});
    expect((await core.handlers.snapshot.list({ machine: machine.id }, {})).unfinished, machine.name).toEqual({
      layers: 0,
      bytes: 0,
    });
  }
}

/** Says with an error what was being done. */
export async function inContext<T>(what: string, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    const message = error instanceof Error ? error.message : JSON.stringify(error);
    throw new Error(message.startsWith(what) ? message : `${what}: ${message}`, { cause: error });
  });
}

async function lookUp(core: Core): Promise<Found> {
  const machines = await core.handlers.machine.list({}, {});
  const timelines = await Promise.all(machines.map(({ id }) => core.handlers.snapshot.list({ machine: id }, {})));
  return {
    machineIds: new Map(machines.map(({ name, id }) => [name, id])),
    snapshots: new Map(
      machines.map(({ id }, index) => [id, new Map(timelines[index]?.snapshots.map((snapshot) => [snapshot.name, snapshot]))]),
    ),
  };
}

/** What QEMUs that ended badly said, for whoever has to find out why. */
function listLastWords(home: TestHome): string[] {
  return readMachines(home).flatMap(({ folder, definition }) => {
    const [run, log, events] = ['run.json', 'logs/qemu.log', 'logs/events.jsonl'].map((name) =>
      readTail(join(folder, name), 4000),
    );
    return run?.includes('"crash":{') === true ? [`${definition.name}: ${log}\n${events}`] : [];
  });
}
