import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

declare const axe: { run(context: object, options: RunOptions): Promise<AxeResults> };

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe-core holds against a page, as lines with the rule, how serious it is, and where; minor things are left out. `colours` asks
 * for its contrasts alone: what else there is does not change with the colours.
 */
export async function judgeAccessibility(page: Page, what: 'all' | 'colours' = 'all'): Promise<readonly string[]> {
  // Evaluated, not added as a script: the page's policy lets no foreign script in. Once for a page is enough.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
  await page.evaluate(endTransitions);
  const only: RunOptions = what === 'colours' ? { runOnly: ['color-contrast'] } : {};
  const { violations } = await page.evaluate(
    // The picture of a guest and the terminal's own rows are the guest's, not ours.
    (options) => axe.run({ exclude: ['.console-place'] }, { ...options, resultTypes: ['violations'] }),
    only,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, impact, nodes }) =>
      nodes
        // A row of the list is called by the machine's name and state, and one of the tree by the snapshot's name and facts;
        // the badges beside them are told on the machine's page, and links and buttons have names of their own.
        .filter(({ target }) => id !== 'label-content-name-mismatch' || !/^#(machine|snapshot)-/.test(String(target)))
        .map(({ target, failureSummary }) => `${impact} ${id} at ${target}: ${failureSummary}`),
    );
}

/** Brings what moves from one look to another to its end, so that no colour is judged halfway. */
function endTransitions(): void {
  for (const animation of document.getAnimations())
    if (animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY) animation.finish();
}
