import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { MachineSummary } from '../../contract/machine.ts';
import { packOva, writeOvfFolder } from '../kit/appliance.ts';
import { shareBrowser } from '../kit/browser.ts';
import { writeRawImage } from '../kit/disk-images.ts';
import { judgeAccessibility } from '../kit/judge-accessibility.ts';
import { openWindow, type TestWindow } from '../kit/open-window.ts';
import { saveScreenshot } from '../kit/save-screenshot.ts';

const browser = shareBrowser();

const tiny = ['--memory', '32M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];

async function openMenu(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function takeSnapshot(page: Page, name: string, snapshot: string): Promise<void> {
  await openMenu(page, 'Take snapshot…');
  const dialog = page.getByRole('dialog', { name: `Take a snapshot of ${name}` });
  await dialog.getByRole('textbox', { name: 'Name' }).fill(snapshot);
  await dialog.getByRole('button', { name: 'Take snapshot' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

async function openMachine(window: TestWindow, name: string): Promise<void> {
  const { id } = await window.info(name);
  await window.page.goto(`${new URL(window.page.url()).origin}/#/machine/${id}`);
  await window.page.getByRole('heading', { name }).waitFor();
}

test('a machine goes out and comes in by its dialogs', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  await window.bothy('create', 'web', ...tiny, '--disk', '64M', '--qemu-arg=-snapshot');
  await openMachine(window, 'web');
  await takeSnapshot(page, 'web', 'before upgrade');
  const folder = join(home.scratch, 'exports');
  mkdirSync(folder);

  await openMenu(page, 'Export…');
  const out = page.getByRole('dialog', { name: 'Export web' });
  const isFocused = (place: Locator) => expect.poll(() => place.evaluate((element) => element === document.activeElement));
  await isFocused(out.getByRole('textbox', { name: 'File' })).toBe(true);
  await page.keyboard.press('Escape');
  await isFocused(
    page
      .getByRole('treeitem')
      .or(page.getByRole('tab', { selected: true }))
      .first(),
  ).toBe(true);
  await openMenu(page, 'Export…');
  const fileName = async () => (await out.getByRole('textbox', { name: 'File' }).inputValue()).split('/').at(-1);
  expect(await fileName()).toBe('web.bothy');
  await out.getByText('Appliance (.ova)').click();
  expect(await fileName()).toBe('web.ova');
  await out.getByRole('combobox', { name: 'State' }).click();
  await page.getByRole('option', { name: 'As “before upgrade” has it' }).click();
  expect(await fileName()).toBe('web-before-upgrade.ova');

  // The folder is chosen by opening it; the name still follows what is chosen.
  await out.getByRole('textbox', { name: 'File' }).fill(join(home.scratch, 'web-before-upgrade.ova'));
  await out.getByRole('button', { name: 'Folder…' }).click();
  const chooser = page.getByRole('dialog', { name: 'File: folder' });
  await chooser.getByRole('option', { name: 'exports' }).dblclick();
  await chooser.getByText('No folders here.').waitFor();
  await chooser.getByRole('button', { name: 'Use this folder' }).click();
  await out.getByText('Whole machine (.bothy)').click();
  await out.getByRole('combobox', { name: 'State' }).click();
  await page.getByRole('option', { name: 'As it is now' }).click();
  await expect.poll(() => out.getByRole('textbox', { name: 'File' }).inputValue()).toBe(join(folder, 'web.bothy'));
  await saveScreenshot(page, 'export-dialog');
  expect(await judgeAccessibility(page)).toEqual([]);
  writeFileSync(join(folder, 'web.bothy'), 'something else');
  await out.getByRole('button', { name: 'Export', exact: true }).click();
  await out.getByRole('alert').getByText('is there already').waitFor();
  await saveScreenshot(page, 'export-exists');
  await out.getByRole('checkbox', { name: 'Replace the file that is there' }).check();
  await out.getByRole('button', { name: 'Export', exact: true }).click();
  await out.waitFor({ state: 'hidden' });
  await page.getByText('web is exported').waitFor();
  const file = join(folder, 'web.bothy');
  expect(statSync(file).size).toBeGreaterThan(10_000);
  expect(readdirSync(folder)).toEqual(['web.bothy']);

  await page.getByRole('button', { name: 'More ways to a machine' }).click();
  await page.getByRole('menuitem', { name: 'Import a machine…' }).click();
  const into = page.getByRole('dialog', { name: 'Import a machine' });
  await into.getByRole('button', { name: 'Import', exact: true }).click();
  await into.getByText('Choose a file.').waitFor();
  await into.getByRole('textbox', { name: 'File' }).fill(file);
  await saveScreenshot(page, 'import-dialog');
  expect(await judgeAccessibility(page)).toEqual([]);
  await into.getByRole('button', { name: 'Import', exact: true }).click();
  await into.getByText('What was changed, or left out').waitFor();
  await into.getByText('The extra QEMU arguments of the machine were left out: -snapshot').waitFor();
  await page.getByRole('heading', { name: 'web-2' }).waitFor();
  await saveScreenshot(page, 'import-result');
  await into.getByRole('button', { name: 'Close' }).last().click();
  await into.waitFor({ state: 'hidden' });
  await page.getByRole('tab', { name: 'Snapshots' }).click();
  await page.getByText('before upgrade').first().waitFor();
  const names = ((await window.bothy('list')) as MachineSummary[]).map(({ name }) => name);
  expect(names.sort()).toEqual(['web', 'web-2']);
});

test('a machine that is on is offered as its snapshot has it', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  await window.bothy('create', 'web', ...tiny, '--disk', '0', '--start');
  await openMachine(window, 'web');
  await openMenu(page, 'Export…');
  const dialog = page.getByRole('dialog', { name: 'Export web' });
  await dialog.getByText('web is running, and its disks change while it is.').waitFor();
  expect(await dialog.getByRole('button', { name: 'Export', exact: true }).getAttribute('aria-disabled')).toBe('true');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await takeSnapshot(page, 'web', 'now');
  await openMenu(page, 'Export…');
  expect(await dialog.getByRole('combobox', { name: 'State' }).inputValue()).toBe('As “now” has it');
  await dialog.getByRole('textbox', { name: 'File' }).fill(join(home.scratch, 'web-now.bothy'));
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(statSync(join(home.scratch, 'web-now.bothy')).size).toBeGreaterThan(100_000);
});

test('an appliance of another program is dropped, and a damaged one refused where it was asked for', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const raw = writeRawImage(join(home.scratch, 'disk.raw'), 4 * 1024 ** 2);
  const disk = { name: 'shop-disk1.vmdk', raw, capacity: statSync(raw).size };
  const ovf = writeOvfFolder(join(home.scratch, 'shop'), { name: 'shop', memoryMiB: 64, disks: [disk] });
  const ova = packOva(ovf, join(home.scratch, 'shop.ova'));
  // A page is not told where a dropped file is; this one is in none of the usual folders.
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(['x'], 'shop.ova'));
    for (const type of ['dragover', 'drop'])
      globalThis.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  const dialog = page.getByRole('dialog', { name: 'Import a machine' });
  const field = dialog.getByRole('textbox', { name: 'File' });
  const damaged = join(home.scratch, 'damaged.ova');
  execFileSync('sh', ['-c', `head -c 50000 '${ova}' > '${damaged}'`]);
  await field.fill(damaged);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await dialog.getByRole('alert').getByText('its end is missing').waitFor();
  await saveScreenshot(page, 'import-refused');
  await field.fill(ova);
  await dialog.getByRole('combobox', { name: 'Disks on' }).click();
  await page.getByRole('option', { name: 'virtio, which is faster' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('store');
  await saveScreenshot(page, 'import-appliance');
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('heading', { name: 'store' }).waitFor();
  expect((await window.info('store')).definition).toMatchObject({ memoryMiB: 64, disks: [{ bus: 'virtio' }] });
});

test('an export is cancelled in its dialog and leaves nothing, or goes on behind another one', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const { id } = (await window.bothy('create', 'big', ...tiny, '--disk', '3G')) as MachineSummary;
  const disk = join(home.folder, 'machines', id, 'disks/disk0.qcow2');
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 800M', disk], { stdio: 'pipe' });
  await openMachine(window, 'big');
  const folder = join(home.scratch, 'out');
  mkdirSync(folder);
  await openMenu(page, 'Export…');
  const dialog = page.getByRole('dialog', { name: 'Export big' });
  await dialog.getByText('Appliance (.ova)').click();
  await dialog.getByRole('textbox', { name: 'File' }).fill(join(folder, 'big.ova'));
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await dialog.getByText('Packing disk0').waitFor();
  await saveScreenshot(page, 'export-progress');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.getByRole('status').waitFor({ state: 'hidden' });
  expect(readdirSync(folder)).toEqual([]);

  await dialog.getByText('Disks (.qcow2)').click();
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await dialog.getByRole('button', { name: 'Go on in the background' }).click();
  await page.getByRole('button', { name: 'New machine' }).click();
  const other = page.getByRole('dialog', { name: 'New machine' });
  await other.waitFor();
  await page.getByText('big is exported').waitFor();
  await page.getByText('Only its disks are in it.').waitFor();
  expect(await other.isVisible()).toBe(true);
  expect(readdirSync(folder)).toEqual(['big.qcow2']);
});
