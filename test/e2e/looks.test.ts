import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { shareBrowser } from '../kit/browser.ts';
import { writeIsoImage } from '../kit/disk-images.ts';
import { judgeAccessibility } from '../kit/judge-accessibility.ts';
import { openWindow, type TestWindow } from '../kit/open-window.ts';
import { saveScreenshot } from '../kit/save-screenshot.ts';

const browser = shareBrowser();
const small = { source: { type: 'empty' }, memoryMiB: 64, cpus: 1, diskSize: 0, accelerator: 'tcg' } as const;

test('every screen fits narrow and wide, in light and dark, and axe finds nothing serious', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const found: string[] = [];
  const look = async (name: string) => found.push(...(await lookAt(page, name)));

  await page.getByRole('heading', { name: 'Come in, nothing is locked' }).waitFor();
  await look('empty');
  await window.face.client.call.machine.create({
    ...small,
    name: 'debian',
    source: { type: 'iso', path: writeIsoImage(join(home.scratch, 'a-medium-with-a-rather-long-name-1.2.3-amd64.iso')) },
    diskSize: 1024 ** 3,
    ports: [{ host: 2299, guest: 22, protocol: 'tcp' }],
    tags: ['work', 'debian'],
    accelerator: 'auto',
    start: true,
  });
  await createMachines(window, 2);
  await page.getByRole('option', { name: 'debian, Running' }).click();
  await page.getByRole('region', { name: 'Disks' }).waitFor();
  await look('overview');
  await page.getByRole('tab', { name: 'Console' }).click();
  await page.locator('[data-testid=screen][data-phase=connected]').waitFor();
  await look('console');
  await page.getByText('Serial', { exact: true }).click();
  await page.locator('[data-testid=serial][data-phase=connected]').waitFor();
  await look('serial');
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('textbox', { name: 'Memory' }).fill('96');
  await look('settings');
  await page.getByRole('button', { name: 'Revert' }).click();
  await page.getByRole('tab', { name: 'Activity' }).click();
  await page.getByTestId('qemu-command').waitFor();
  await look('activity');
  await page.goto(`${new URL(page.url()).origin}/#/host`);
  await page.getByText('KVM').nth(1).waitFor();
  await look('host');
  await page.getByRole('banner').getByRole('button', { name: 'New machine' }).click();
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await dialog.getByText('Advanced').click();
  await dialog.getByRole('textbox', { name: 'Extra QEMU arguments' }).waitFor();
  await look('new-machine');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Find a machine or an action').last().waitFor();
  await look('palette');
  await page.keyboard.press('Escape');
  await createMachines(window, 22);
  await page.getByText('25 machines').waitFor();
  await look('many');
  await page.getByRole('option', { name: 'debian, Running' }).click();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByRole('dialog', { name: 'Delete debian?' }).waitFor();
  await look('delete');
  expect(found).toEqual([]);
});

async function createMachines({ face, bothy }: TestWindow, count: number): Promise<void> {
  const known = ((await bothy('list')) as unknown[]).length;
  for (let number = known; number < known + count; number += 1)
    await face.client.call.machine.create({ ...small, name: `machine-${number}`, tags: number % 3 === 0 ? ['test'] : [] });
}

/** Keeps pictures of what the page shows in all sizes and colours, and gives what is wrong with it. */
async function lookAt(page: Page, name: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [760, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await saveScreenshot(page, `${name}-${colorScheme}-${width}`);
      const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      if (isTooWide) problems.push(`${name}: wider than the window of ${width} pixels`);
    }
    problems.push(...(await judgeAccessibility(page)).map((line) => `${name}, ${colorScheme}: ${line}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
  return problems;
}
