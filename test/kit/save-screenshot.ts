import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Where screenshots of the e2e tests are kept, to be looked at by people. */
const folder = join(import.meta.dirname, '../../.cache/e2e-screenshots');

/** Keeps a picture of the page for people, who ask for it with BOTHY_SCREENSHOTS: drawing hundreds takes longer than the tests about them. */
export async function saveScreenshot(page: Page, name: string): Promise<void> {
  if (process.env['BOTHY_SCREENSHOTS'] !== undefined) await keepScreenshot(page, name);
}

/** Keeps a picture of the page. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}
