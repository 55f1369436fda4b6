import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Where screenshots of the e2e tests are kept, to be looked at by people. */
const folder = join(import.meta.dirname, '../../.cache/e2e-screenshots');

/** Keeps a picture of the page. */
export async function saveScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}
