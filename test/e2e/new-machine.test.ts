import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DiskInfo } from '../../contract/machine.ts';
import { shareBrowser } from '../kit/browser.ts';
import { writeIsoImage } from '../kit/disk-images.ts';
import { openWindow } from '../kit/open-window.ts';
import { saveScreenshot } from '../kit/save-screenshot.ts';

const browser = shareBrowser();

test('the advanced section of New machine: additional disks and a TPM', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  await page.getByRole('banner').getByRole('button', { name: 'New machine' }).click();
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await dialog.getByRole('textbox', { name: 'ISO file' }).fill(writeIsoImage(join(home.scratch, 'good.iso')));
  await dialog.getByRole('textbox', { name: 'Name' }).fill('store');
  await dialog.getByRole('checkbox', { name: 'Start it after creation' }).uncheck();
  await dialog.getByRole('button', { name: 'Advanced' }).click();

  const add = dialog.getByRole('button', { name: 'Add a disk' });
  const size = (number: number) => dialog.getByRole('textbox', { name: `Size of additional disk ${number} in GiB` });
  for (let count = 0; count < 8; count += 1) await add.click();
  await expect.poll(() => add.isVisible()).toBe(false);
  await size(1).fill('');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await dialog.getByText('Give every disk a size, or remove it.').waitFor();
  await expect.poll(() => size(1).evaluate((input) => input === document.activeElement)).toBe(true);
  await size(1).fill('5');
  await dialog.getByText('A machine has at most 8 disks; these are 9.').waitFor();
  for (let number = 8; number > 2; number -= 1)
    await dialog.getByRole('button', { name: `Remove additional disk ${number}` }).click();
  await size(2).fill('0.5');
  await dialog.getByRole('checkbox', { name: 'TPM 2.0' }).check();
  await size(2).scrollIntoViewIfNeeded();
  await saveScreenshot(page, 'new-machine-disks');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });

  const disks = (await window.bothy('disks', 'store')) as DiskInfo[];
  expect(disks.map(({ virtualSize }) => virtualSize)).toEqual([20, 5, 0.5].map((gib) => gib * 1024 ** 3));
  await page.getByRole('region', { name: 'Disks' }).getByText('disk2.qcow2').waitFor();
  expect((await window.info('store')).definition?.tpm).toBe('tpm');
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('region', { name: 'Hardware' }).getByText('It has a TPM 2.0').waitFor();
});
