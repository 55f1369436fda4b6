import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { getLinuxGuest } from '../guests/index.ts';
import { shareBrowser } from '../kit/browser.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { requireOrSkip } from '../kit/require-tool.ts';
import { saveScreenshot } from '../kit/save-screenshot.ts';
import { waitForSamePicture } from '../kit/screen.ts';
import { typeKeys } from '../kit/type-keys.ts';
import { waitForText, waitUntil } from '../kit/wait-until.ts';

const browser = shareBrowser();

test('Linux from a kernel: typed into on both consoles, and the pointer lands where it points', async (context) => {
  requireOrSkip(context, findObstacle() === undefined, findObstacle() ?? '');
  const guest = await getLinuxGuest();
  const window = await openWindow(browser());
  const { page, home } = window;

  await page.getByRole('banner').getByRole('button', { name: 'New machine' }).click();
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await dialog.getByRole('radio', { name: 'Linux kernel' }).click();
  await dialog.getByRole('textbox', { name: 'Kernel', exact: true }).fill(guest.kernel);
  await dialog.getByRole('textbox', { name: 'Initrd' }).fill(guest.initrd);
  await dialog.getByRole('textbox', { name: 'Kernel command line' }).fill(`${guest.append} bothy.input`);
  await dialog.getByRole('textbox', { name: 'Name' }).fill('linux');
  await saveScreenshot(page, 'new-machine-kernel');
  await dialog.getByRole('button', { name: 'Create and start' }).click();
  await dialog.waitFor({ state: 'hidden' });

  const { id, serial, definition } = await waitForState(window, 'linux', 'running');
  expect(definition?.kernel).toEqual({ kernel: guest.kernel, initrd: guest.initrd, append: `${guest.append} bothy.input` });
  const log = serial?.log ?? '';
  await waitForText(log, /bothy-guest-ready[\s\S]*guest# /, { timeoutMs: 90_000 });
  const canvas = page.getByTestId('screen').locator('canvas');
  await waitForSamePicture(home, id, canvas);

  // The shell on the screen answers to the serial line, and shows what was typed.
  await canvas.click();
  await typeKeys(page, 'echo "Screen-$((40 + 2))" | tee /dev/ttyS0\n');
  await waitForText(log, /Screen-42/);
  await waitForSamePicture(home, id, canvas);
  await saveScreenshot(page, 'console-linux');

  await expectPointerAt(page, canvas, log, 0.25, 0.25);
  await page.setViewportSize({ width: 820, height: 620 });
  await expectPointerAt(page, canvas, log, 0.75, 0.6);
  await expectPointerAt(page, canvas, log, 0.1, 0.9);
  await page.setViewportSize({ width: 1700, height: 1100 });
  await page.getByRole('button', { name: 'Scale to fit' }).click();
  await expectPointerAt(page, canvas, log, 0.5, 0.3);
  await page.getByRole('button', { name: 'Scale to fit' }).click();
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.getByText('Serial', { exact: true }).click();
  const terminal = page.getByTestId('serial');
  // What the line printed before is there already.
  await terminal
    .locator('.xterm-rows')
    .getByText(/^tablet /)
    .first()
    .waitFor();
  await terminal.click();
  await typeKeys(page, 'clear\necho "Serial-$((20 + 3))"\n');
  await terminal.locator('.xterm-rows').getByText('Serial-23').waitFor();
  expect(readFileSync(log, 'utf8')).toMatch(/^Serial-23/m);
  await saveScreenshot(page, 'console-serial');
});

/** Moves the mouse to a place of the picture, given as shares of its size, and waits until the guest sees it there. */
async function expectPointerAt(page: Page, canvas: Locator, log: string, across: number, down: number): Promise<void> {
  const before = readFileSync(log, 'utf8').length;
  const expected = [across, down].map((share) => Math.round(share * 32_767));
  const what = `the pointer at ${expected.join(', ')}`;
  const look = (): true => {
    const [seenAcross, seenDown] = readPointer(readFileSync(log, 'utf8').slice(before));
    // Half a percent is a few pixels of the guest: what rounding to whole pixels of the page costs.
    const isThere = [seenAcross, seenDown].every((seen, part) => Math.abs((seen ?? -1e6) - (expected[part] ?? 0)) < 164);
    if (!isThere) throw new Error(`the guest saw ${seenAcross}, ${seenDown}`);
    return true;
  };
  // Once more when the picture was still on its way to another place or size; the guest hears of a movement only after a while.
  await waitUntil(what, async () => {
    const box = await canvas.boundingBox();
    if (box === null) return false;
    // From elsewhere, so that both coordinates change.
    await page.mouse.move(box.x + box.width * (1 - across), box.y + box.height * (0.95 - down / 2));
    await page.mouse.move(box.x + box.width * across, box.y + box.height * down);
    return await waitUntil(what, look, { timeoutMs: 3000 });
  });
}

/** The last absolute position the guest's tablet told. */
function readPointer(log: string): readonly (number | undefined)[] {
  return [0, 1].map((axis) => {
    const value = [...log.matchAll(new RegExp(`^tablet .*: 3 ${axis} (\\d+)`, 'gm'))].at(-1)?.[1];
    return value === undefined ? undefined : Number(value);
  });
}
