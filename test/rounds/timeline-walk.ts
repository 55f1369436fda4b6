import { expect } from 'vitest';
import type { CoreOfTest } from '../kit/use-core.ts';
import { createRandom } from './random.ts';
import { findDifferences, SeenLayers } from './timeline-check.ts';
import { TimelinePlay } from './timeline-play.ts';

export interface WalkReport {
  readonly seed: number;
  /** How often each thing was done. */
  readonly done: Record<string, number>;
  readonly machines: number;
  readonly snapshots: number;
}

/** Does one thing after another that can be done with timelines, chosen by a seed, and holds everything to a model after each. */
export async function walkTimelines(
  { core, home }: CoreOfTest,
  { steps, seed }: { steps: number; seed: number },
): Promise<WalkReport> {
  const play = new TimelinePlay(home, core, createRandom(seed), { machines: 4, nodes: 8, on: 3 });
  const done: Record<string, number> = {};
  const seen = new SeenLayers();
  await play.addMachine();
  for (let step = 0; step < steps; step += 1) {
    const choice = play.choose();
    if (choice === undefined) throw new Error('nothing can be done');
    const { machine, deed } = choice;
    const what = `seed ${seed}, step ${step}: ${deed.name} ${machine.name}, which is ${machine.state}`;
    await deed.act(machine).catch((error: unknown) => {
      throw new Error(`${what}: ${error instanceof Error ? error.message : JSON.stringify(error)}`, { cause: error });
    });
    done[deed.name] = (done[deed.name] ?? 0) + 1;
    expect(await findDifferences(home, core, play.models, seen), what).toEqual([]);
  }
  const snapshots = play.models.reduce((sum, { nodes }) => sum + nodes.length, 0);
  return { seed, done, machines: play.models.length, snapshots };
}
