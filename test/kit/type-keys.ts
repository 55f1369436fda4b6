import type { Page } from 'playwright-core';

/** Types a text as a person at a US keyboard does, Shift included: a guest gets keys, not characters. */
export async function typeKeys(page: Page, text: string): Promise<void> {
  for (const character of text) {
    const isShifted = /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(character);
    await page.keyboard.press(isShifted ? `Shift+${character}` : character === '\n' ? 'Enter' : character, { delay: 10 });
  }
}
