import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { findDebianObstacle } from '../../scripts/guests/debian-guest.ts';
import { builtCli } from '../kit/built-cli.ts';
import { makeGuestTemplate } from '../kit/guest-template.ts';
import type { TestHome } from '../kit/test-home.ts';
import { measureKeptReady } from './kept-ready.ts';
import { type AnswerTimes, median, report, roundsOf, timeAnswer } from './measure.ts';

const goals = { demo: 'at least 25', debian: 'at least 60' } as const;

/** A machine's way to an answer, in ms. */
interface Sample extends AnswerTimes {
  /** From a click in the window: in a process that is there, until the agent has run a command. */
  readonly clickMs: number;
}

/**
 * How much sooner a machine of a template answers when it goes on from the template's memory, and when one was kept ready, than when
 * it boots; each way a command and a click, in turns.
 */
export function benchThrowawayBoot(home: TestHome): Promise<void> {
  return compare(home, 'demo');
}

/** The same of a real Debian with systemd, which takes many times as long. */
export async function benchThrowawayBootDebian(home: TestHome): Promise<void> {
  const obstacle = findDebianObstacle();
  if (obstacle === undefined) await compare(home, 'debian');
  else console.log(`Debian: not measured: ${obstacle}`);
}

async function compare(home: TestHome, guest: keyof typeof goals): Promise<void> {
  const core = createCore({ environment: home.environment });
  await makeGuestTemplate(core, guest);
  const argv = [builtCli, 'run', guest, '--', 'uname', '-a'];
  const rounds = roundsOf(20);
  const run = (): Promise<AnswerTimes> => timeAnswer(argv, home.environment);
  const click = (): Promise<number> => timeClick(core, guest);
  const repeat = async (count: number): Promise<Sample[]> => {
    const samples: Sample[] = [];
    for (let round = 0; round < count; round += 1) samples.push({ ...(await run()), clickMs: await click() });
    return samples;
  };
  const warm = (await repeat(1 + rounds)).slice(1);
  const site = { core, home, template: guest };
  const readyRuns = await measureKeptReady(site, run, rounds);
  const readyClicks = await measureKeptReady(site, click, rounds);
  const ready = readyRuns.map((sample, index) => ({ ...sample, clickMs: readyClicks[index] ?? Number.NaN }));
  await core.handlers.template.rebuild({ template: guest, cold: true }, {});
  const cold = await repeat(rounds);
  console.log(`${guest}: ${argv.join(' ')}   (medians of ${rounds})`);
  const ways = { answerMs: '`run` to its answer', clickMs: 'click to an answer', endMs: '`run` until all is gone' } as const;
  for (const [way, name] of Object.entries(ways) as [keyof Sample, string][]) {
    const slow = median(cold.map((sample) => sample[way]));
    for (const [kind, samples] of Object.entries({ warm, 'kept ready': ready })) {
      const fast = median(samples.map((sample) => sample[way]));
      const detail = `(${slow.toFixed(0)} ms, ${fast.toFixed(0)} ms)`;
      report(`${guest}, ${name}: cold / ${kind}`, slow / fast, way === 'endMs' ? '' : goals[guest], detail);
    }
  }
  await core.handlers.template.delete({ template: guest }, {});
  await core.close();
}

/** What the Throwaway button does, and a command that the agent runs; then the machine is thrown away. */
async function timeClick(core: Core, template: string): Promise<number> {
  const begin = performance.now();
  const { machine, isWarm } = await core.handlers.throwaway.create({ template, isOwned: true }, {});
  if (!isWarm) await core.handlers.machine.wait({ machine: machine.id, for: 'agent', timeoutSeconds: 600 }, {});
  await core.handlers.machine.exec({ machine: machine.id, command: ['uname', '-a'] }, {});
  const duration = performance.now() - begin;
  await core.handlers.machine.kill({ machine: machine.id }, {});
  return duration;
}
