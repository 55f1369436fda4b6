import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/**
 * Finds an action by its first words in the command palette, by keys alone, and runs it. It types without waiting for the
 * palette, as people do, and not a letter may be lost.
 */
export async function runFromPalette(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  const search = page.getByPlaceholder('Find a machine or an action').and(page.getByRole('textbox'));
  await page.keyboard.type(words);
  expect(await search.inputValue()).toBe(words);
  const pattern = new RegExp(words.split(' ').join('.*'), 'i');
  await page.locator('[data-selected]').getByText(pattern).first().waitFor();
  await page.keyboard.press('Enter');
  await search.waitFor({ state: 'hidden' });
}
