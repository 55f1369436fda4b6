import type { Page } from 'playwright-core';

/** Finds an action by its first words in the command palette, by keys alone, and runs it. */
export async function runFromPalette(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  const search = page.getByPlaceholder('Find a machine or an action').and(page.getByRole('textbox'));
  await search.waitFor();
  await page.keyboard.type(words);
  const pattern = new RegExp(words.split(' ').join('.*'), 'i');
  await page.locator('[data-selected]').getByText(pattern).first().waitFor();
  await page.keyboard.press('Enter');
  await search.waitFor({ state: 'hidden' });
}
