import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MachineSummary } from '../../contract/machine.ts';
import { shareBrowser } from '../kit/browser.ts';
import { qemuImg } from '../kit/disk-images.ts';
import { createOverlay, qemuIo } from '../kit/layers.ts';
import { lookAt } from '../kit/look-at.ts';
import { openWindow } from '../kit/open-window.ts';
import { twentySnapshots, writeTimelineMachine } from '../kit/write-timeline-machine.ts';

const browser = shareBrowser();
const gib = 1024 ** 3;
const small = { source: { type: 'empty' }, memoryMiB: 64, cpus: 1, accelerator: 'tcg' } as const;

test('the images page reads well with one machine and with many, and so do its dialogs', async () => {
  const window = await openWindow(browser());
  const { page, home, face } = window;
  const { call } = face.client;
  const found: string[] = [];
  const look = async (name: string) => found.push(...(await lookAt(page, name)));
  const create = (name: string, diskSize = 20 * gib, extraDisks: number[] = []): Promise<MachineSummary> =>
    call.machine.create({ ...small, name, diskSize, extraDisks });
  const disksOf = (id: string) => join(home.folder, 'machines', id, 'disks');

  await page.getByRole('link', { name: 'Disk images' }).click();
  await page.getByText('No images yet.').waitFor();
  await look('images-none');
  const debian = await create('debian');
  qemuIo(join(disksOf(debian.id), 'disk0.qcow2'), 'qcow2', 'write -P 5 0 120M');
  await page.getByText('1 image,').waitFor();
  await look('images-one');

  await call.snapshot.create({ machine: 'debian', name: 'Fresh install' });
  await call.snapshot.create({ machine: 'debian', name: 'With a desktop' });
  await call.machine.clone({ machine: 'debian', snapshot: 'Fresh install', name: 'build-agent' });
  await call.machine.clone({ machine: 'debian', snapshot: 'Fresh install', name: 'try-systemd' });
  const files = await create('file-server', 8 * gib, [200 * gib, 200 * gib]);
  qemuIo(join(disksOf(files.id), 'disk1.qcow2'), 'qcow2', 'write -P 5 0 60M');
  writeTimelineMachine(home, { id: '000000000020', name: 'web', current: '20000000', snapshots: twentySnapshots });
  const broken = await create('broken-one');
  writeFileSync(join(home.folder, 'machines', broken.id, 'machine.json'), 'lost');
  const damaged = await create('damaged');
  rmSync(join(disksOf(damaged.id), 'disk0.qcow2'));
  const kept = join(home.folder, 'kept/mail-0a1b2c3d4e5f');
  mkdirSync(kept, { recursive: true });
  qemuImg('create', '-q', '-f', 'qcow2', join(kept, 'disk0.qcow2'), '40G');
  createOverlay(join(kept, 'disk0-k2v9x0a1.qcow2'), join(kept, 'disk0.qcow2'));
  qemuIo(join(kept, 'disk0.qcow2'), 'qcow2', 'write -P 5 0 90M');
  qemuImg('create', '-q', '-f', 'raw', join(disksOf(debian.id), 'old-import.raw'), '4G');
  await call.machine.set({ machine: 'debian', settings: { tags: ['work'] } });
  await page.getByText(/that nothing needs/).waitFor();
  await page.getByTestId('image-row').getByText('it is missing').waitFor();
  await look('images-many');
  await page.getByRole('button', { name: /that nothing needs/ }).click();
  await page.getByRole('heading', { name: 'Nothing needs these' }).waitFor();
  await look('images-many-end');
  await page.goto(`${new URL(page.url()).origin}/#/images/${debian.id}`);
  const present = page.getByTestId('image-row').filter({ hasText: 'disk0written now' }).first();
  await page.getByRole('button', { name: 'Actions for With a desktop' }).click();
  await page.getByRole('menuitem', { name: 'Compact…' }).waitFor();
  await look('images-menu');
  await page.getByRole('menuitem', { name: 'About this image' }).click();
  await page.getByText('Needed by').waitFor();
  await look('image-info');
  await page.keyboard.press('Escape');
  for (const [action, name, ready] of [
    ['Grow…', 'image-grow', 'The guest sees the new size'],
    ['Convert or copy…', 'image-convert', 'Save as'],
    ['Compact…', 'image-compact', 'written anew'],
    ['Check…', 'image-check', 'No damage found'],
  ] as const) {
    await present.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: action }).click();
    await page.getByRole('dialog').getByText(ready).first().waitFor();
    await look(name);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
  await page.getByRole('button', { name: 'New image' }).click();
  await page.getByRole('dialog', { name: 'New disk image' }).waitFor();
  await look('image-new');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /that nothing needs/ }).click();
  await page.getByRole('button', { name: 'Delete all…' }).click();
  await page.getByRole('dialog', { name: 'Delete 3 images?' }).waitFor();
  await look('image-delete');
  expect(found).toEqual([]);
});
