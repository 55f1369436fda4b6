import { createCore } from '../../core/create-core.ts';
import { findDebianObstacle } from '../../scripts/guests/debian-guest.ts';
import { builtCli } from '../kit/built-cli.ts';
import { makeGuestTemplate } from '../kit/guest-template.ts';
import type { TestHome } from '../kit/test-home.ts';
import { timeKeptReady } from './kept-ready.ts';
import { median, report, roundsOf, timeRun } from './measure.ts';

const goals = { demo: 'at least 25', debian: 'at least 60' } as const;

/** The same command on a template that boots, on the same one going on from its memory, and with a machine kept ready: how much sooner it answers. */
export async function benchThrowawayBoot(home: TestHome): Promise<void> {
  const obstacle = findDebianObstacle();
  if (obstacle !== undefined) console.log(`Debian: not measured: ${obstacle}`);
  for (const guest of ['demo', ...(obstacle === undefined ? ['debian' as const] : [])] as const) await compare(home, guest);
}

async function compare(home: TestHome, guest: keyof typeof goals): Promise<void> {
  const core = createCore({ environment: home.environment });
  await makeGuestTemplate(core, guest);
  const argv = [builtCli, 'run', guest, '--', 'true'];
  const measure = async (rounds: number): Promise<number[]> => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(await timeRun(argv, home.environment));
    return times;
  };
  const warm = await measure(1 + roundsOf(20));
  const ready = await timeKeptReady({ core, home, template: guest }, argv, roundsOf(20));
  await core.handlers.template.rebuild({ template: guest, cold: true }, {});
  const cold = await measure(roundsOf(20));
  console.log(
    `${guest}: ${argv.join(' ')}   (${[ready, warm.slice(1), cold].map(({ length }) => length).join(', ')} times ready, warm, cold)`,
  );
  const [slow, fast, fastest] = [median(cold), median(warm.slice(1)), median(ready)];
  report(`${guest}: cold boot to answer / warm`, slow / fast, goals[guest], `(${slow.toFixed(0)} ms, ${fast.toFixed(0)} ms)`);
  report(`${guest}: the same / kept ready`, slow / fastest, goals[guest], `(${slow.toFixed(0)} ms, ${fastest.toFixed(0)} ms)`);
  await core.handlers.template.delete({ template: guest }, {});
  await core.close();
}
