import type { Page } from 'playwright-core';
import { judgeAccessibility } from './judge-accessibility.ts';
import { saveScreenshot } from './save-screenshot.ts';

/** Keeps pictures of what the page shows in all sizes and colours, and gives what is wrong with it. */
export async function lookAt(page: Page, name: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [760, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await saveScreenshot(page, `${name}-${colorScheme}-${width}`);
      if (!(await comesToFit(page))) problems.push(`${name}: wider than the window of ${width} pixels`);
    }
    problems.push(
      ...(await judgeAccessibility(page, colorScheme === 'light' ? 'all' : 'colours')).map(
        (line) => `${name}, ${colorScheme}: ${line}`,
      ),
    );
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
  return problems;
}

/** A menu follows its button into the new size with the next frames. */
async function comesToFit(page: Page): Promise<boolean> {
  const fits = () => document.documentElement.scrollWidth <= document.documentElement.clientWidth;
  return await page.waitForFunction(fits, undefined, { timeout: 2000 }).then(
    () => true,
    () => false,
  );
}
