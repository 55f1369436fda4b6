import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { shareBrowser } from '../kit/browser.ts';
import { writeIsoImage } from '../kit/disk-images.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { runFromPalette } from '../kit/run-from-palette.ts';
import { waitUntil } from '../kit/wait-until.ts';

const browser = shareBrowser();

test('a machine is made, started, used and forced off without a mouse', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const iso = writeIsoImage(join(home.scratch, 'first.iso'));
  copyFileSync(iso, join(home.scratch, 'second.iso'));

  await runFromPalette(page, 'new machine');
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await dialog.waitFor();
  await expectFocusIn(page, 'New machine');
  await tabTo(page, 'Choose…');
  await page.keyboard.press('Enter');
  const chooser = page.getByRole('dialog', { name: 'ISO file' });
  await chooser.waitFor();
  await expectFocusIn(page, 'ISO file');
  await page.keyboard.type(`${home.scratch}/`);
  await page.keyboard.press('Enter');
  await chooser.getByRole('option', { name: 'first.iso' }).waitFor();
  await page.keyboard.type('sec');
  await expect.poll(() => chooser.getByRole('option').count()).toBe(1);
  await page.keyboard.press('Enter');
  await chooser.waitFor({ state: 'hidden' });
  expect(await dialog.getByRole('textbox', { name: 'ISO file' }).inputValue()).toBe(join(home.scratch, 'second.iso'));

  // Escape leaves the chooser alone first, then the dialog; Tab never leaves the dialog.
  await tabTo(page, 'Choose…');
  await page.keyboard.press('Enter');
  await chooser.waitFor();
  await page.keyboard.press('Escape');
  await chooser.waitFor({ state: 'hidden' });
  await dialog.waitFor();
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null)).toBe(true);
  }
  await tabTo(page, 'Name');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('by-keys');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  await waitForState(window, 'by-keys', 'running');

  // Into the console, and out of it by Ctrl+Alt.
  const frame = page.getByRole('region', { name: 'Screen of by-keys; Enter types into it' });
  await page.locator('[data-testid=screen][data-phase=connected]').waitFor();
  await runFromPalette(page, 'console of by-keys');
  await tabTo(page, 'Screen of by-keys; Enter types into it');
  await page.keyboard.press('Enter');
  await page.getByText('Typing goes to the machine.').waitFor();
  await page.keyboard.down('Control');
  await page.keyboard.down('Alt');
  await page.keyboard.up('Alt');
  await page.keyboard.up('Control');
  await page.getByText('Typing goes to the machine.').waitFor({ state: 'hidden' });
  expect(await frame.evaluate((element) => element === document.activeElement)).toBe(true);

  await runFromPalette(page, 'pause by-keys');
  await waitForState(window, 'by-keys', 'paused');
  await page.getByRole('option', { name: 'by-keys, Paused' }).waitFor();
  await runFromPalette(page, 'force off by-keys');
  const question = page.getByRole('dialog', { name: 'Force by-keys off?' });
  await question.waitFor();
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'hidden' });
  expect((await window.info('by-keys')).state).toBe('paused');
  await runFromPalette(page, 'force off by-keys');
  await question.waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Force off');
  await page.keyboard.press('Enter');
  await waitForState(window, 'by-keys', 'off');

  // What comes up while the palette is open is there for Enter.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('latecomer');
  await page.getByText('Nothing is called that.').waitFor();
  await window.bothy('create', 'latecomer', '--disk', '0');
  await page.locator('[data-selected]').getByText('latecomer').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'latecomer' }).waitFor();
});

/** Presses Tab until something with a name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  await waitUntil(
    `the focus on ${name}`,
    async () => {
      await page.keyboard.press('Tab');
      return await page.evaluate((wanted) => {
        const element = document.activeElement;
        const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
        return (
          [element?.getAttribute('aria-label'), element?.textContent].includes(wanted) || label?.replace(/\s*\*$/, '') === wanted
        );
      }, name);
    },
    { intervalMs: 0, timeoutMs: 5000 },
  );
}

async function expectFocusIn(page: Page, dialog: string): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest('[role=dialog]')?.querySelector('h2')?.textContent))
    .toBe(dialog);
}
