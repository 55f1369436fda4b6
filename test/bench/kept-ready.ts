import type { Core } from '../../core/core.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitForSpares } from '../kit/wait-for-spares.ts';
import { openWebFace } from '../kit/web-face.ts';

/** Measures what takes a machine of a template, the only one, while `bothy serve` keeps one ready; leaves out the first. */
export async function measureKeptReady<T>(
  { core, home, template }: { core: Core; home: TestHome; template: string },
  measure: () => Promise<T>,
  rounds: number,
): Promise<T[]> {
  await core.handlers.template.edit({ template, keepReady: 1 }, {});
  const face = await openWebFace(home.environment);
  try {
    const times: T[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      await waitForSpares(core, 1);
      times.push(await measure());
    }
    return times.slice(1);
  } finally {
    await face.close();
    await core.handlers.template.edit({ template, keepReady: 0 }, {});
  }
}
