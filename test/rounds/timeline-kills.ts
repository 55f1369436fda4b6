import { setTimeout as sleep } from 'node:timers/promises';
import { createCore } from '../../core/create-core.ts';
import { listQemus } from '../kit/list-qemus.ts';
import type { TestHome } from '../kit/test-home.ts';
import { findOutcome, goThroughAll, inContext, prepareMachine } from './judge-outcome.ts';
import type { KillableFace } from './killable-face.ts';
import { createRandom, type Random } from './random.ts';
import { type Attempt, AttemptChooser, mostAttemptNodes } from './timeline-attempts.ts';
import { SeenLayers } from './timeline-check.ts';
import { isOn, type MachineModel } from './timeline-model.ts';
import { TimelinePlay } from './timeline-play.ts';

export interface TimelineKillReport {
  readonly seed: number;
  readonly rounds: number;
  /** How many operations were cut short, by what was killed and by operation, and how many ended before. */
  readonly cut: Record<string, number>;
  readonly done: Record<string, number>;
}

/**
 * Kills the face that works, or the QEMU of the machine it works on, at random moments of everything that changes timelines.
 * After each round a fresh core looks: all is as before the operation or as after it, every snapshot holds what it held,
 * nothing half-made is listed, no file belongs to nothing.
 */
export async function playTimelineKills(
  home: TestHome,
  faces: readonly KillableFace[],
  { rounds, seed }: { rounds: number; seed: number },
): Promise<TimelineKillReport> {
  const random = createRandom(seed);
  const core = createCore({ environment: home.environment });
  const play = new TimelinePlay(home, core, random, { machines: 1, nodes: mostAttemptNodes, on: 2 });
  const chooser = new AttemptChooser(home, play, random);
  const game = new KillGame(home, play, chooser, random);
  try {
    await play.addMachine();
    for (let round = 0; round < rounds; round += 1) {
      const when = `seed ${seed}, round ${round}`;
      await prepareMachine(play, when);
      await game.playRound(random.pick(faces), when);
    }
    await goThroughAll(core, play);
    await chooser.end(core);
  } finally {
    await core.close();
  }
  return { seed, rounds, cut: game.cut, done: game.done };
}

class KillGame {
  readonly cut: Record<string, number> = {};
  readonly done: Record<string, number> = {};
  readonly #home: TestHome;
  readonly #play: TimelinePlay;
  readonly #random: Random;
  readonly #seen = new SeenLayers();
  readonly #chooser: AttemptChooser;
  /** How long operations took that were not cut short, in ms, so that kills are spread over just that time. */
  readonly #usualMs = new Map<string, number>();

  constructor(home: TestHome, play: TimelinePlay, chooser: AttemptChooser, random: Random) {
    this.#home = home;
    this.#play = play;
    this.#random = random;
    this.#chooser = chooser;
  }

  async playRound(face: KillableFace, when: string): Promise<void> {
    const attempt = this.#chooser.choose();
    const victim = isOn(attempt.machine) && this.#random.below(3) < 1 ? 'QEMU' : 'face';
    const what = `${when}: ${face.name} ${attempt.name} of ${attempt.machine.name}, ${victim} killed`;
    const { isDone, wasCut } = await this.#cutShort(face, attempt, victim);
    const tally = wasCut ? this.cut : this.done;
    tally[`${victim}: ${attempt.name}`] = (tally[`${victim}: ${attempt.name}`] ?? 0) + 1;
    const isQemuKilled = victim === 'QEMU' && wasCut;
    const adapt = (model: MachineModel, state: MachineModel['state']): MachineModel =>
      isQemuKilled && model.id === attempt.machine.id ? takeOver(model, state) : model;
    const outcome = await findOutcome(this.#home, this.#play, this.#seen, attempt, { isDone, what, adapt });
    for (const model of outcome) {
      this.#play.remember(model);
      await inContext(what, model.isPresentUnknown === true ? this.#play.leavePresent(model) : this.#play.ask(model));
    }
  }

  async #cutShort(face: KillableFace, attempt: Attempt, victim: 'QEMU' | 'face'): Promise<{ isDone: boolean; wasCut: boolean }> {
    const session = await face.open(this.#home.environment);
    const key = `${face.name} ${attempt.name}`;
    const begin = performance.now();
    let isDone = false;
    const ended = session.run(attempt.operation, attempt.input).then(
      () => {
        isDone = true;
      },
      () => undefined,
    );
    await Promise.race([ended, sleep(this.#random.below(1.2 * (this.#usualMs.get(key) ?? face.longestMs)))]);
    const wasCut = victim === 'face' ? session.kill() : killQemus(this.#home, attempt.machine.id);
    await ended;
    if (!wasCut && isDone) this.#usualMs.set(key, performance.now() - begin);
    session.kill();
    await session.ended;
    return { isDone, wasCut };
  }
}

/**
 * A machine whose QEMU was killed is off in some way; what that held back of the disks is lost. Unless the machine was
 * suspended before, or another QEMU runs by now.
 */
function takeOver(model: MachineModel, state: MachineModel['state']): MachineModel {
  const isKnown = state === 'suspended' || isOn({ ...model, state });
  return isKnown ? { ...model, state } : { ...model, state, isPresentUnknown: true };
}

/** SIGKILL for all QEMUs of a machine; whether there was one. */
function killQemus(home: TestHome, id: string): boolean {
  const pids = listQemus(home).filter((qemu) => qemu.machine === id);
  for (const { pid } of pids) process.kill(pid, 'SIGKILL');
  return pids.length > 0;
}
