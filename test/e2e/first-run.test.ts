import { copyFileSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { getGrubIso } from '../guests/index.ts';
import { shareBrowser } from '../kit/browser.ts';
import { qemuImg } from '../kit/disk-images.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { saveScreenshot } from '../kit/save-screenshot.ts';
import { waitForHighlight, waitForSamePicture } from '../kit/screen.ts';
import { skipWithoutGuests } from '../kit/skip-without-guests.ts';

const browser = shareBrowser();

test('a first machine from an ISO: invited, chosen by mouse, made with the defaults, GRUB in the console', async (context) => {
  skipWithoutGuests(context);
  const iso = await getGrubIso();
  const window = await openWindow(browser());
  const { page, home } = window;
  copyFileSync(iso, join(home.scratch, basename(iso)));

  await page.getByRole('heading', { name: 'Come in, nothing is locked' }).waitFor();
  await page.getByText('No machines yet.').waitFor();
  await saveScreenshot(page, 'first-run-empty');
  await page.getByRole('main').getByRole('button', { name: 'New machine' }).click();

  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await dialog.getByRole('radio', { name: 'ISO', exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Choose…' }).click();
  const chooser = page.getByRole('dialog', { name: 'ISO file' });
  await chooser.getByLabel('Filter, or type a path').fill(`${home.scratch}/`);
  await page.keyboard.press('Enter');
  await chooser.getByRole('option', { name: basename(iso) }).dblclick();
  await chooser.waitFor({ state: 'hidden' });
  expect(await dialog.getByRole('textbox', { name: 'ISO file' }).inputValue()).toBe(join(home.scratch, basename(iso)));
  const name = await dialog.getByRole('textbox', { name: 'Name' }).inputValue();
  expect(name).toMatch(/^grub-rescue/);
  await dialog.getByRole('button', { name: 'Create and start' }).click();
  await dialog.waitFor({ state: 'hidden' });

  const info = await waitForState(window, name, 'running');
  expect(info.definition?.cdrom).toBe(join(home.scratch, basename(iso)));
  expect(readFileSync(`/proc/${info.pid}/cmdline`, 'utf8').split('\0')).toContain(`guest=${name},debug-threads=on`);
  const [disk] = info.disks;
  const image = JSON.parse(qemuImg('info', '-U', '--output=json', disk?.file ?? '')) as Record<string, unknown>;
  expect(image['format']).toBe('qcow2');
  expect(image['virtual-size']).toBe(disk?.virtualSize);

  await page.getByRole('option', { name: `${name}, Running` }).waitFor();
  const canvas = page.getByTestId('screen').locator('canvas');
  const first = await waitForHighlight(home, info.id, () => true);
  await waitForSamePicture(home, info.id, canvas);
  await saveScreenshot(page, 'console-grub');

  await canvas.click();
  await page.getByText('Typing goes to the machine.').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await waitForHighlight(home, info.id, (line) => line === first + 2);
  await page.keyboard.press('ArrowUp');
  await waitForHighlight(home, info.id, (line) => line === first + 1);
  await waitForSamePicture(home, info.id, canvas);
});
