import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareBrowser } from '../kit/browser.ts';
import { writeIsoImage } from '../kit/disk-images.ts';
import { lookAt } from '../kit/look-at.ts';
import { openWindow, type TestWindow } from '../kit/open-window.ts';
import { twentySnapshots, writeTimelineMachine } from '../kit/write-timeline-machine.ts';

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

test('snapshots read well at none, three and twenty, and their dialogs too', async () => {
  const window = await openWindow(browser());
  const { page, home, face } = window;
  const found: string[] = [];
  const look = async (name: string) => found.push(...(await lookAt(page, name)));
  const open = async (name: string) => {
    await page.getByRole('option', { name: `${name}, Off` }).click();
    await page.getByRole('tab', { name: 'Snapshots' }).click();
    await page.getByRole('treeitem', { name: 'You are here' }).waitFor();
  };

  await face.client.call.machine.create({ ...small, name: 'fresh', diskSize: 1024 ** 3 });
  await open('fresh');
  await look('snapshots-none');
  const [root, ...others] = twentySnapshots;
  const few = [root, ...others.slice(0, 2)].filter((snapshot) => snapshot !== undefined);
  writeTimelineMachine(home, { id: '000000000003', name: 'three', current: '02000000', snapshots: few });
  writeTimelineMachine(home, { id: '000000000020', name: 'web', current: '20000000', snapshots: twentySnapshots });
  await face.client.call.machine.clone({ machine: 'web', snapshot: 'Database', name: 'db-trial' });
  await open('three');
  await look('snapshots-three');
  await open('web');
  await page.locator('[data-testid=snapshot-thumbnail][data-filled=true]').first().waitFor();
  await look('snapshots-twenty-end');
  await page.getByRole('treeitem', { name: 'You are here' }).press('Home');
  await look('snapshots-twenty');
  await page.getByRole('treeitem', { name: 'Upgraded' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Restore…' }).waitFor();
  await look('snapshot-menu');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Restore “Upgraded”?' }).waitFor();
  await look('snapshot-restore');
  await page.keyboard.press('Escape');
  await page.getByRole('treeitem', { name: 'Database' }).press('Delete');
  await page.getByTestId('delete-plan').waitFor();
  await look('snapshot-delete');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Take snapshot…' }).click();
  await page.getByRole('textbox', { name: 'Note' }).waitFor();
  await look('snapshot-take');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Clone…' }).click();
  await page.getByRole('radio', { name: 'Full' }).waitFor();
  await look('clone');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByText('db-trial builds on web.').waitFor();
  await look('delete-with-clones');
  expect(found).toEqual([]);
});

async function createMachines({ face, bothy }: TestWindow, count: number): Promise<void> {
  const known = ((await bothy('list')) as unknown[]).length;
  for (let number = known; number < known + count; number += 1)
    await face.client.call.machine.create({ ...small, name: `machine-${number}`, tags: number % 3 === 0 ? ['test'] : [] });
}
