import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Image } from '../../contract/image.ts';
import type { MachineSummary } from '../../contract/machine.ts';
import { shareBrowser } from '../kit/browser.ts';
import { qemuImg, writeRawImage } from '../kit/disk-images.ts';
import { editDefinition, layerDisk, qemuIo } from '../kit/layers.ts';
import { openWindow, type TestWindow, waitForState } from '../kit/open-window.ts';
import { waitUntil } from '../kit/wait-until.ts';

const browser = shareBrowser();
const mib = 1024 ** 2;
const small = { source: { type: 'empty' }, memoryMiB: 64, cpus: 1, accelerator: 'tcg', diskSize: 64 * mib } as const;

function row(page: Page, name: string) {
  return page.getByTestId('image-row').filter({ has: page.getByRole('button', { name, exact: true }) });
}

async function openActions(page: Page, name: string, action: string) {
  await row(page, name)
    .getByRole('button', { name: `Actions for ${name}` })
    .click();
  await page.getByRole('menuitem', { name: action }).click();
}

async function makeMachine(window: TestWindow, name: string): Promise<MachineSummary> {
  return window.face.client.call.machine.create({ ...small, name });
}

test('the images page shows what each image is for, and follows other faces', async () => {
  const window = await openWindow(browser());
  const { page, home, bothy, face } = window;
  await page.getByRole('link', { name: 'Disk images' }).click();
  await page.getByText('No images yet.').waitFor();
  const web = await makeMachine(window, 'web');
  await row(page, 'disk0').getByText('written now').waitFor();
  await face.client.call.snapshot.create({ machine: 'web', name: 'clean install' });
  await row(page, 'clean install').waitFor();
  expect(await page.getByTestId('image-row').count()).toBe(2);
  // What another face does to an image is seen without anything else of the machine changing.
  await bothy('image', 'resize', 'web:disk0', '3G');
  await row(page, 'disk0')
    .getByText(/^size 3 GiB$/)
    .waitFor({ timeout: 5000 });
  await face.client.call.machine.clone({ machine: 'web', name: 'copy', snapshot: 'clean install' });
  const link = row(page, 'clean install').getByRole('link', { name: 'copy' });
  await link.waitFor();
  await page.getByText('builds on “clean install” of web').waitFor();
  await page.getByRole('textbox', { name: 'Filter images' }).fill('copy disk0');
  // The disk of the clone, and what it builds on.
  await expect.poll(() => page.getByTestId('image-row').count()).toBe(2);
  await page.getByRole('textbox', { name: 'Filter images' }).fill('no such image');
  await page.getByText('No image fits.').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();

  writeRawImage(join(home.folder, 'machines', web.id, 'disks/left.raw'));
  await face.client.call.machine.set({ machine: 'web', settings: { tags: ['looked-at'] } });
  await page.getByRole('heading', { name: 'Nothing needs these' }).waitFor();
  await page.getByRole('button', { name: /that nothing needs/ }).click();
  await row(page, 'left.raw').getByText('Left over in web').waitFor();
});

test('a disk grows while its machine runs, and its images are checked and compacted', async () => {
  const window = await openWindow(browser());
  const { page, home, bothy } = window;
  const { id } = await makeMachine(window, 'web');
  const { first } = layerDisk(home.folder, id);
  qemuIo(first, 'qcow2', 'write -P 5 0 32M', 'write -P 0 8M 16M');
  await page.goto(`${new URL(page.url()).origin}/#/images/${id}`);
  await bothy('start', 'web');
  await waitForState(window, 'web', 'running');
  await openActions(page, 'disk0', 'Grow…');
  const grow = page.getByRole('dialog', { name: 'Grow disk0 of web' });
  await grow.getByText('The guest sees the new size at once').waitFor();
  await grow.getByRole('textbox', { name: 'New size' }).fill('0');
  await grow.getByText('can only become larger').waitFor();
  await grow.getByRole('textbox', { name: 'New size' }).fill('2');
  await grow.getByRole('button', { name: 'Grow' }).click();
  await grow.waitFor({ state: 'hidden' });
  expect(await bothy('image', 'info', 'web:disk0')).toMatchObject({ virtualSize: 2 * 1024 ** 3 });
  await row(page, 'disk0')
    .getByText(/^size 2 GiB$/)
    .waitFor();

  await openActions(page, 'clean', 'Compact…');
  const compact = page.getByRole('dialog', { name: 'Compact “clean” of web' });
  await compact.getByText('web has it open.').waitFor();
  await bothy('kill', 'web');
  await compact.getByText('web has it open.').waitFor({ state: 'hidden' });
  await compact.getByRole('button', { name: 'Compact' }).click();
  await compact.getByText(/1[56].* MiB are free again/).waitFor();
  await compact.getByRole('button', { name: 'Done' }).click();

  await openActions(page, 'disk0', 'Check…');
  const check = page.getByRole('dialog', { name: 'Check disk0 of web' });
  await expect.poll(() => check.getByText('No damage found').count()).toBe(3);
  await check.getByRole('button', { name: 'Done' }).click();
  // Marked as corrupt: found, and repaired on a copy.
  const disk = readFileSync(first);
  disk.writeUInt32BE(2, 76);
  writeFileSync(first, disk);
  await openActions(page, 'disk0', 'Check…');
  await check.getByText(/^Corrupt/).waitFor();
  await check.getByRole('button', { name: 'Done' }).click();
  await row(page, 'clean').getByText('it is marked as corrupt').waitFor();
  await openActions(page, 'clean', 'Check…');
  const mend = page.getByRole('dialog', { name: 'Check “clean” of web' });
  await mend.getByRole('button', { name: 'Repair' }).click();
  await mend.getByText('The damaged original is kept').waitFor();
  await mend.getByRole('button', { name: 'Done' }).click();
  await row(page, 'disk0.damaged.qcow2').waitFor();
});

test('images are converted and made, with trouble where it belongs', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const { id } = await makeMachine(window, 'web');
  writeRawImage(join(home.folder, 'machines', id, 'disks/disk0.raw'), 64 * mib);
  rmSync(join(home.folder, 'machines', id, 'disks/disk0.qcow2'));
  editDefinition(home.folder, id, ({ disks: [disk] }) => ({
    disks: disk === undefined ? [] : [{ ...disk, file: 'disks/disk0.raw', format: 'raw' as const }],
  }));
  await page.getByRole('link', { name: 'Disk images' }).click();

  await openActions(page, 'disk0', 'Convert or copy…');
  const convert = page.getByRole('dialog', { name: 'Convert disk0 of web' });
  await convert.getByText('Copy it into another file').click();
  await convert.getByRole('textbox', { name: 'Save as' }).fill(join(home.scratch, 'copy.qcow2'));
  await convert.getByRole('combobox', { name: 'Format' }).click();
  await page.getByRole('option', { name: /^VDI/ }).click();
  expect(await convert.getByRole('textbox', { name: 'Save as' }).inputValue()).toBe(join(home.scratch, 'copy.vdi'));
  writeFileSync(join(home.scratch, 'copy.vdi'), 'something else');
  await convert.getByRole('button', { name: 'Convert', exact: true }).click();
  await convert.getByRole('alert').getByText('is there already').waitFor();
  await convert.getByRole('checkbox', { name: 'Replace the file that is there' }).check();
  await convert.getByRole('button', { name: 'Convert', exact: true }).click();
  await convert.waitFor({ state: 'hidden' });
  expect(
    qemuImg(
      'compare',
      '-f',
      'raw',
      '-F',
      'vdi',
      join(home.folder, 'machines', id, 'disks/disk0.raw'),
      join(home.scratch, 'copy.vdi'),
    ),
  ).toContain('identical');
  await openActions(page, 'disk0', 'Convert or copy…');
  await convert.getByRole('button', { name: 'Convert', exact: true }).click();
  await convert.waitFor({ state: 'hidden' });
  expect(readdirSync(join(home.folder, 'machines', id, 'disks')).toSorted()).toEqual(['disk0.qcow2']);

  await page.getByRole('button', { name: 'Convert a file' }).click();
  const file = page.getByRole('dialog', { name: 'Convert a disk image' });
  await file.getByRole('button', { name: 'Convert', exact: true }).click();
  await file.getByText('Choose the image to convert.').waitFor();
  await file.getByRole('textbox', { name: 'Disk image' }).fill(join(home.scratch, 'copy.vdi'));
  expect(await file.getByRole('textbox', { name: 'Save as' }).inputValue()).toBe(join(home.scratch, 'copy.qcow2'));
  await file.getByRole('button', { name: 'Convert', exact: true }).click();
  await file.waitFor({ state: 'hidden' });
  expect(existsSync(join(home.scratch, 'copy.qcow2'))).toBe(true);

  await page.getByRole('button', { name: 'New image' }).click();
  const create = page.getByRole('dialog', { name: 'New disk image' });
  await create.getByRole('textbox', { name: 'Save as' }).fill(join(home.scratch, 'none/new.qcow2'));
  await create.getByRole('button', { name: 'Create' }).click();
  await create.getByRole('alert').getByText('There is no folder').waitFor();
  await create.getByRole('button', { name: 'Folder…' }).click();
  const chooser = page.getByRole('dialog', { name: 'Save as: folder' });
  await chooser.getByRole('textbox').fill(home.scratch);
  await page.keyboard.press('Enter');
  await chooser.getByRole('button', { name: 'scratch' }).waitFor();
  await chooser.getByRole('button', { name: 'Use this folder' }).click();
  expect(await create.getByRole('textbox', { name: 'Save as' }).inputValue()).toBe(join(home.scratch, 'new.qcow2'));
  await create.getByRole('button', { name: 'Create' }).click();
  await create.waitFor({ state: 'hidden' });
  expect(existsSync(join(home.scratch, 'new.qcow2'))).toBe(true);
});

test('what nothing needs is deleted, one or all, and progress can be cancelled', async () => {
  const window = await openWindow(browser());
  const { page, home, bothy, face } = window;
  const { id } = await makeMachine(window, 'old');
  layerDisk(home.folder, id);
  await bothy('delete', 'old', '--keep-disks');
  const web = await makeMachine(window, 'web');
  await page.getByRole('link', { name: 'Disk images' }).click();
  await openActions(page, 'disk0-cccccccc.qcow2', 'Delete…');
  const one = page.getByRole('dialog', { name: 'Delete disk0-cccccccc.qcow2?' });
  await one.getByRole('button', { name: 'Cancel' }).click();
  await one.waitFor({ state: 'hidden' });
  // One that others build on says so in the dialog.
  await openActions(page, 'disk0.qcow2', 'Delete…');
  const base = page.getByRole('dialog', { name: 'Delete disk0.qcow2?' });
  await base.getByRole('button', { name: 'Delete' }).click();
  await base.getByRole('alert').getByText('builds on it').waitFor();
  await base.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Delete all…' }).click();
  const all = page.getByRole('dialog', { name: 'Delete 3 images?' });
  await all.getByRole('button', { name: 'Delete 3 images' }).click();
  await all.waitFor({ state: 'hidden' });
  await page.getByRole('heading', { name: 'Nothing needs these' }).waitFor({ state: 'hidden' });
  expect(readdirSync(join(home.folder, 'kept'))).toEqual([]);

  const disk = join(home.folder, 'machines', web.id, 'disks/disk0.qcow2');
  await face.client.call.image.resize({ image: 'web:disk0', size: 700 * mib });
  qemuIo(disk, 'qcow2', 'write -P 5 0 600M');
  copyFileSync(disk, join(home.scratch, 'before.qcow2'));
  await openActions(page, 'disk0', 'Compact…');
  const compact = page.getByRole('dialog', { name: 'Compact disk0 of web' });
  await compact.getByRole('button', { name: 'Compact' }).click();
  await compact.getByText('Writing it anew').waitFor();
  await compact.getByRole('button', { name: 'Cancel' }).click();
  await waitUntil('the end of the task', async () =>
    (await face.client.call.task.list({})).every(({ state }) => state !== 'running'),
  );
  await compact.getByRole('progressbar').waitFor({ state: 'hidden' });
  expect(readFileSync(disk).equals(readFileSync(join(home.scratch, 'before.qcow2')))).toBe(true);
  expect(readdirSync(join(home.folder, 'machines')).filter((name) => name.startsWith('.imaging'))).toEqual([]);
});

test('the page is used without a mouse, and stays quick with many images', async () => {
  const window = await openWindow(browser());
  const { page, home, bothy } = window;
  const { id } = await makeMachine(window, 'seed');
  const seed = JSON.parse(readFileSync(join(home.folder, 'machines', id, 'machine.json'), 'utf8')) as object;
  for (let number = 0; number < 400; number += 1) {
    const copy = `copy${String(number).padStart(8, '0')}`;
    cpSync(join(home.folder, 'machines', id), join(home.scratch, copy), { recursive: true });
    writeFileSync(join(home.scratch, copy, 'machine.json'), JSON.stringify({ ...seed, id: copy, name: `machine-${number}` }));
    renameSync(join(home.scratch, copy), join(home.folder, 'machines', copy));
  }
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Find a machine or an action').last().waitFor();
  await page.keyboard.type('disk images');
  await page.keyboard.press('Enter');
  await page.getByText('401 images').waitFor();
  // Only what is seen is drawn.
  expect(await page.getByTestId('image-row').count()).toBeLessThan(60);
  const focused = () => page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-file]')?.dataset['file'] ?? '');
  await page.getByTestId('image-row').first().getByRole('button', { name: 'disk0', exact: true }).focus();
  await page.keyboard.press('End');
  await expect.poll(focused).toContain(id);
  await page.keyboard.press('ArrowUp');
  await expect.poll(focused).toContain('copy00000399');
  await page.keyboard.press('PageUp');
  await expect.poll(focused).toContain('copy00000389');
  await page.keyboard.press('Enter');
  const info = page.getByRole('dialog', { name: /^disk0 of machine/ });
  await info.getByText('nothing, it is whole').waitFor();
  await page.keyboard.press('Escape');
  await info.waitFor({ state: 'hidden' });
  await expect.poll(focused).toContain('copy00000389');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Grow…' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'hidden' });
  await expect.poll(focused).toContain('copy00000389');
  const { images } = (await bothy('image', 'list')) as { images: Image[] };
  expect(images).toHaveLength(401);
});
