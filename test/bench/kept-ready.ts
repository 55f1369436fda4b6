import type { Core } from '../../core/core.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitForSpares } from '../kit/wait-for-spares.ts';
import { openWebFace } from '../kit/web-face.ts';
import { timeRun } from './measure.ts';

/** Runs a command that takes a machine of a template, the only one, while `bothy serve` keeps one ready; gives the times in ms, the first left out. */
export async function timeKeptReady(
  { core, home, template }: { core: Core; home: TestHome; template: string },
  argv: readonly string[],
  rounds: number,
): Promise<number[]> {
  await core.handlers.template.edit({ template, keepReady: 1 }, {});
  const face = await openWebFace(home.environment);
  try {
    const times: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      await waitForSpares(core, 1);
      times.push(await timeRun(argv, home.environment));
    }
    return times.slice(1);
  } finally {
    await face.close();
    await core.handlers.template.edit({ template, keepReady: 0 }, {});
  }
}
