import { createCore } from '../../core/create-core.ts';
import { findDebianObstacle } from '../../scripts/guests/debian-guest.ts';
import { builtCli } from '../kit/built-cli.ts';
import { makeGuestTemplate, type TemplateGuest } from '../kit/guest-template.ts';
import type { TestHome } from '../kit/test-home.ts';
import { median, report, roundsOf, timeRun } from './measure.ts';

const goals = { demo: 'at least 25', debian: 'at least 60' } as const;

/** The same command on a template that boots and on the same one going on from its memory: how much sooner it answers. */
export async function benchThrowawayBoot(home: TestHome): Promise<void> {
  const obstacle = findDebianObstacle();
  if (obstacle !== undefined) console.log(`Debian: not measured: ${obstacle}`);
  for (const guest of ['demo', ...(obstacle === undefined ? ['debian' as const] : [])] as const) await compare(home, guest);
}

async function compare(home: TestHome, guest: TemplateGuest): Promise<void> {
  const core = createCore({ environment: home.environment });
  await makeGuestTemplate(core, guest);
  const argv = [builtCli, 'run', guest, '--', 'true'];
  const measure = async (rounds: number): Promise<number[]> => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(await timeRun(argv, home.environment));
    return times;
  };
  const warm = await measure(1 + roundsOf(20));
  await core.handlers.template.rebuild({ template: guest, cold: true }, {});
  const cold = await measure(roundsOf(20));
  console.log(`${guest}: ${argv.join(' ')}   (${warm.length - 1} times warm, ${cold.length} times cold)`);
  const [slow, fast] = [median(cold), median(warm.slice(1))];
  report(`${guest}: cold boot to answer / warm`, slow / fast, goals[guest], `(${slow.toFixed(0)} ms, ${fast.toFixed(0)} ms)`);
  await core.handlers.template.delete({ template: guest }, {});
  await core.close();
}
