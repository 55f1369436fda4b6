import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createCore } from '../../core/create-core.ts';
import type { SmallDisk } from '../kit/small-disk.ts';
import type { TestHome } from '../kit/test-home.ts';
import { callOperation } from './call-operation.ts';
import { findOutcome, goThroughAll, prepareMachine } from './judge-outcome.ts';
import { createRandom } from './random.ts';
import { AttemptChooser, mostAttemptNodes } from './timeline-attempts.ts';
import { SeenLayers } from './timeline-check.ts';
import { TimelinePlay } from './timeline-play.ts';

export interface FullDiskReport {
  readonly seed: number;
  readonly rounds: number;
  /** How often there was no room, by operation, and how often there was. */
  readonly refused: Record<string, number>;
  readonly done: Record<string, number>;
}

/** Up to this much is left on the disk: from nothing at all to enough for what takes most. */
const mostLeftBytes = 6 * 1024 * 1024;
const mostMs = 300;

/**
 * Changes timelines on a disk that is nearly full: what does not fit says so, and everything is as before then. When there is room again,
 * all machines go on and every snapshot holds what it held.
 */
export async function playFullDisk(
  home: TestHome,
  disk: SmallDisk,
  { rounds, seed }: { rounds: number; seed: number },
): Promise<FullDiskReport> {
  const random = createRandom(seed);
  const core = createCore({ environment: home.environment });
  const play = new TimelinePlay(home, core, random, { machines: 1, nodes: mostAttemptNodes, on: 2 });
  const seen = new SeenLayers();
  const chooser = new AttemptChooser(home, play, random);
  const refused: Record<string, number> = {};
  const done: Record<string, number> = {};
  try {
    await play.addMachine();
    for (let round = 0; round < rounds; round += 1) {
      const when = `seed ${seed}, round ${round}`;
      await prepareMachine(play, when);
      const attempt = chooser.choose();
      // Full from the beginning is mostly found out before anything is done, so it also becomes full in the middle.
      const [leftBytes, afterMs] = random.below(2) < 1 ? [Math.floor(random.below(mostLeftBytes)), 0] : [0, random.below(mostMs)];
      const what = `${when}: ${attempt.name} of ${attempt.machine.name} with ${leftBytes} bytes left after ${Math.round(afterMs)} ms`;
      if (afterMs === 0) disk.fill(leftBytes);
      const work = callOperation(core.handlers, attempt.operation, attempt.input).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      await Promise.race([work, sleep(afterMs)]);
      if (afterMs > 0) disk.fill(leftBytes);
      const error = await work;
      disk.empty();
      if (error !== undefined) expect(error, what).toMatchObject({ code: 'not-enough-space' });
      const tally = error === undefined ? done : refused;
      tally[attempt.name] = (tally[attempt.name] ?? 0) + 1;
      const outcome = await findOutcome(home, play, seen, attempt, { isDone: error === undefined, what });
      for (const model of outcome) {
        play.remember(model);
        await play.ask(model);
      }
    }
    await goThroughAll(core, play);
    await chooser.end(core);
  } finally {
    await core.close();
  }
  return { seed, rounds, refused, done };
}
