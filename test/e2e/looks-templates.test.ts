import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareBrowser } from '../kit/browser.ts';
import { lookAt } from '../kit/look-at.ts';
import { openWindow } from '../kit/open-window.ts';
import { tinyMachine } from '../kit/use-core.ts';
import { writeTemplate } from '../kit/write-template.ts';

const browser = shareBrowser();

test('the templates page reads well with none, one and many, and so do its dialogs', async () => {
  const window = await openWindow(browser());
  const { page, home, face } = window;
  const found: string[] = [];
  const look = async (name: string) => found.push(...(await lookAt(page, name)));

  await page.getByRole('link', { name: 'Templates' }).click();
  await page.getByRole('heading', { name: 'A machine for a moment' }).waitFor();
  await look('templates-none');
  await face.client.call.machine.create({ ...tinyMachine, name: 'debian', start: true });
  await page.getByRole('banner').getByRole('button', { name: 'Throwaway' }).click();
  await page.getByRole('dialog', { name: 'Throwaway machines' }).waitFor();
  await look('templates-first');
  await page.getByRole('dialog').getByRole('button', { name: 'Make a template…' }).click();
  await page.getByRole('dialog', { name: 'Make a template of debian' }).waitFor();
  await look('template-make');
  await page.keyboard.press('Escape');
  await face.client.call.template.create({ machine: 'debian', name: 'debian-13', warm: true });
  await page.getByTestId('template').getByText('Warm').waitFor();
  await face.client.call.template.edit({ template: 'debian-13', keepReady: 1 });
  await page.getByText(/^1, with /).waitFor({ timeout: 30_000 });
  await look('templates-one');
  await face.client.call.template.edit({ template: 'debian-13', keepReady: 0 });
  await face.client.call.machine.kill({ machine: 'debian' });
  await page.getByRole('option', { name: 'debian, Off' }).click();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Make a template…' }).click();
  await page.getByRole('dialog', { name: 'Make a template of debian' }).waitFor();
  await look('template-make-off');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Templates' }).click();

  writeTemplate(home, {
    id: 'aaaaaaaaaaa1',
    name: 'a-template-with-quite-a-long-name-that-says-what-is-in-it',
    source: 'windows',
    firmware: 'uefi',
    memoryMiB: 4096,
    cpus: 2,
    note: 'Windows 11 with the build tools.\nUser: builder. The desktop is open and the console has the focus.',
  });
  writeTemplate(home, {
    id: 'aaaaaaaaaaa2',
    name: 'browser',
    isWarmWanted: true,
    readyWhen: 'agent',
    coldReason: 'It was frozen by QEMU 7.2.22; this host has QEMU 10.0.2 now.',
    memoryMiB: 2048,
  });
  writeTemplate(home, { id: 'aaaaaaaaaaa3', name: 'fedora', readyWhen: 'serial:login:', memoryMiB: 1024 });
  rmSync(join(home.folder, 'machines/aaaaaaaaaaa3/disks/disk0.qcow2'));
  for (const name of ['alpine', 'arch', 'freebsd', 'web-server'])
    writeTemplate(home, { id: `${name}00000000`.replace('-', '').slice(0, 12), name });
  await expect.poll(() => page.getByTestId('template').count()).toBe(8);
  await look('templates-many');

  await page.getByRole('button', { name: 'Choose a template' }).click();
  await page.getByRole('menuitem', { name: 'Ask before throwing away' }).waitFor();
  await look('templates-throwaway-menu');
  await page.keyboard.press('Escape');
  for (const [action, name, title] of [
    ['Warm up…', 'template-warm', 'Warm up browser'],
    ['Make cold…', 'template-cool', 'Make browser cold?'],
    ['Keep ready…', 'template-ready', 'Keep machines of browser ready'],
    ['Name and note…', 'template-edit', 'Name and note'],
    ['Delete…', 'template-delete', 'Delete the template browser?'],
    ['New machine from it…', 'template-new-machine', 'New machine'],
  ] as const) {
    await page.getByRole('button', { name: 'Actions for browser' }).click();
    await page.getByRole('menuitem', { name: action }).click();
    await page.getByRole('dialog', { name: title }).waitFor();
    await look(name);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
  await page.getByRole('button', { name: 'Actions for fedora' }).click();
  await page.getByRole('menuitem', { name: 'Run a command…' }).click();
  await page.getByRole('heading', { name: 'Run a command' }).waitFor();
  await page.getByRole('button', { name: 'Options' }).click();
  await look('matrix-form');
  expect(found).toEqual([]);
});
