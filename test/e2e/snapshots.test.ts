import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { TimelineInfo } from '../../contract/snapshot.ts';
import { shareBrowser } from '../kit/browser.ts';
import { qemuImg, writeRawImage } from '../kit/disk-images.ts';
import { expectSoon } from '../kit/expect-soon.ts';
import { vmBooted } from '../kit/keeper.ts';
import { openWindow, type TestWindow } from '../kit/open-window.ts';
import { runFromPalette } from '../kit/run-from-palette.ts';
import { tinyMachine, useCore } from '../kit/use-core.ts';
import { twentySnapshots, writeTimelineMachine } from '../kit/write-timeline-machine.ts';

const browser = shareBrowser();

test('a tree is grown by clicking, gone back in, branched, and pruned with a preview', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const keeper = await vmBooted(core, window.home.scratch, 'web', { guest: 'tiny', disks: 1 });
  const id = keeper.machine;
  await keeper.put('one');
  await openSnapshots(page, 'web', 'Running');
  await page.getByRole('heading', { name: 'No snapshots yet' }).waitFor();

  await takeSnapshot(page, { says: /keeps the disks, the settings, and the memory/, note: 'the first' });
  await page.getByText(/“Snapshot 1” of web is taken/).waitFor();
  await page.getByText(/The guest stood still for \d/).waitFor();
  await row(page, 'Snapshot 1, Running').waitFor();
  await row(page, 'Snapshot 1').getByText('the first').waitFor();
  await row(page, 'Snapshot 1').locator('[data-filled=true] img').waitFor();
  await keeper.put('two');
  await takeSnapshot(page, { name: 'second' });
  await row(page, 'second, Running').waitFor();
  expect(namesIn(window, id)).toEqual(['Snapshot 1', 'second']);
  await keeper.put('three');

  // Going back keeps the present unless told otherwise.
  await row(page, 'Snapshot 1').click();
  await row(page, 'Snapshot 1').getByRole('button', { name: 'Restore…' }).click();
  const question = page.getByRole('dialog', { name: 'Restore “Snapshot 1”?' });
  await question.getByText('web is running now.').waitFor();
  await question.getByText('The present has changed since “second”').waitFor();
  expect(await question.getByRole('radio', { name: 'Snapshot it first' }).isChecked()).toBe(true);
  await question.getByRole('button', { name: 'Snapshot and restore' }).click();
  await question.waitFor({ state: 'hidden' });
  expect(await keeper.get()).toEqual({ memory: 'one', disks: ['one'] });
  const listed = (await window.bothy('snapshot', 'list', 'web')) as TimelineInfo;
  expect(listed.snapshots.map(({ name }) => name)).toEqual(['Snapshot 1', 'second', 'Before “Snapshot 1”']);
  expect(listed.snapshots.find(({ isCurrent }) => isCurrent)?.name).toBe('Snapshot 1');
  expect(readTimeline(window, id).current).toBe(listed.current);
  await expectSoon(() => describeTree(page)).toEqual(['1 Snapshot 1', '2 second', '3 Before “Snapshot 1”', '2 You are here']);

  // A branch of its own.
  await keeper.put('four');
  await takeSnapshot(page, { name: 'branch' });
  await expectSoon(() => describeTree(page)).toEqual([
    '1 Snapshot 1',
    '2 second',
    '3 Before “Snapshot 1”',
    '2 branch',
    '3 You are here',
  ]);
  await keeper.put('five');
  await row(page, 'second').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Restore…' }).click();
  const again = page.getByRole('dialog', { name: 'Restore “second”?' });
  await again.getByRole('radio', { name: 'Throw it away' }).click();
  await again.getByRole('button', { name: 'Throw away and restore' }).click();
  await again.waitFor({ state: 'hidden' });
  expect(await keeper.get()).toEqual({ memory: 'two', disks: ['two'] });
  expect(namesIn(window, id)).toEqual(['Snapshot 1', 'second', 'Before “Snapshot 1”', 'branch']);

  // What two branches need stays, and is merged when one of them is gone; the machine runs meanwhile.
  const kept = await removeSnapshot(page, 'Snapshot 1', 'Delete');
  expect(kept.join('\n')).toMatch(/disks\/disk0\.qcow2 stays, needed by (“second” and “branch”|“branch” and “second”)/);
  await expectSoon(() => namesIn(window, id)).toEqual(['second', 'Before “Snapshot 1”', 'branch']);
  const merged = await removeSnapshot(page, 'branch', 'Delete');
  expect(merged.join('\n')).toMatch(/snapshots\/\w+ goes[\s\S]*is merged into disks\/disk0\.qcow2/);
  await expectSoon(() => describeTree(page)).toEqual(['1 second', '2 Before “Snapshot 1”', '2 You are here']);
  expect(await keeper.get()).toEqual({ memory: 'two', disks: ['two'] });
  await restore(page, 'Before “Snapshot 1”', 'discard');
  expect(await keeper.get()).toEqual({ memory: 'three', disks: ['three'] });

  // Nothing is left of what was deleted, and what is left is whole.
  await core.handlers.machine.kill({ machine: id }, {});
  const folder = folderOf(window, id);
  const { timeline, disks } = readDefinition(window, id);
  expect(readdirSync(join(folder, 'snapshots')).sort()).toEqual(timeline.snapshots.map((one) => one.id).sort());
  const used = [...disks.map(({ file }) => file), ...timeline.snapshots.flatMap(({ layers }) => layers.map(({ file }) => file))];
  expect(readdirSync(join(folder, 'disks')).sort()).toEqual(used.map((file) => file.replace('disks/', '')).sort());
  for (const file of used) qemuImg('check', '-q', join(folder, file));
});

test('the tree is worked through by keys', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  writeTimelineMachine(window.home, { id: 'twenty000000', name: 'web', current: '20000000', snapshots: twentySnapshots });
  await openSnapshots(page, 'web', 'Off');
  const focused = () => page.evaluate(() => document.activeElement?.querySelector('.snapshot-name')?.textContent);
  const press = async (keys: string, expected: string) => {
    for (const key of keys.split(' ')) await page.keyboard.press(key);
    expect(await focused()).toBe(expected);
  };

  // Tab leads to one row only, and from there on to what is after the tree.
  await row(page, 'You are here').focus();
  expect(await page.locator('[role=treeitem][tabindex="0"]').count()).toBe(1);
  await press('ArrowUp', 'Snapshot 20');
  await press('ArrowLeft ArrowLeft', 'Snapshot 18');
  await press('Home', 'Fresh install');
  await press('ArrowDown ArrowDown ArrowDown', 'Try apache instead');
  await press('ArrowLeft', 'nginx set up');
  await press('ArrowRight', 'With certificates');
  await press('End', 'You are here');

  await row(page, 'apache with php').focus();
  await page.keyboard.press('F2');
  const naming = page.getByRole('dialog', { name: 'Name and note' });
  await naming.waitFor();
  await page.keyboard.type('Upgraded');
  await naming.getByText('Another snapshot of this machine has this name.').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('apache, php and no luck');
  await page.keyboard.press('Enter');
  await naming.waitFor({ state: 'hidden' });
  await row(page, 'apache, php and no luck').waitFor();
  expect(namesIn(window, 'twenty000000')).toContain('apache, php and no luck');
  await expectSoon(focused).toBe('apache, php and no luck');

  await page.keyboard.press('Delete');
  const deletion = page.getByRole('dialog', { name: 'Delete “apache, php and no luck”?' });
  await deletion.getByText(/^Frees /).waitFor();
  await page.keyboard.press('Enter');
  await deletion.waitFor({ state: 'hidden' });
  expect(namesIn(window, 'twenty000000')).not.toContain('apache, php and no luck');
  await expectSoon(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('treeitem');

  await row(page, 'Try apache instead').focus();
  await page.keyboard.press('Delete');
  const pruning = page.getByRole('dialog', { name: 'Delete “Try apache instead”?' });
  await pruning.getByRole('checkbox', { name: 'Also delete the 1 snapshot that grew from it' }).check();
  await pruning.getByRole('button', { name: 'Delete 2 snapshots' }).click();
  await pruning.waitFor({ state: 'hidden' });
  expect(namesIn(window, 'twenty000000')).toHaveLength(17);

  // Enter opens the actions, and Escape gives the row back.
  await row(page, 'Database').focus();
  await page.keyboard.press('Enter');
  await expectSoon(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Restore…');
  await page.keyboard.press('Enter');
  const question = page.getByRole('dialog', { name: 'Restore “Database”?' });
  await question.waitFor();
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'hidden' });
  await expectSoon(focused).toBe('Database');

  // One that would lose nothing begins at its button.
  await core.handlers.machine.create({ ...tinyMachine, name: 'calm', diskSize: 1024 ** 2 }, {});
  await core.handlers.snapshot.create({ machine: 'calm', name: 'kept' }, {});
  await openSnapshots(page, 'calm', 'Off');
  await row(page, 'kept').focus();
  await page.keyboard.press('Enter');
  await expectSoon(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Restore…');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing has changed since “kept”, so nothing is lost.').waitFor();
  await expectSoon(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Restore');
  await page.keyboard.press('Enter');
  await page.getByText('calm is restored').waitFor();
  await openSnapshots(page, 'web', 'Off');

  await runFromPalette(page, 'restore green');
  await page.getByRole('dialog', { name: 'Restore “Green build”?' }).waitFor();
  await page.keyboard.press('Escape');
  await runFromPalette(page, 'take snapshot of web');
  const taking = page.getByRole('dialog', { name: 'Take a snapshot of web' });
  await taking.getByText(/no memory to keep/).waitFor();
  await page.keyboard.press('Enter');
  await taking.waitFor({ state: 'hidden' });
  await row(page, 'Snapshot 21, Off').waitFor();
  expect(namesIn(window, 'twenty000000')).toContain('Snapshot 21');
});

test('two windows follow within a second what another face does to a timeline', async () => {
  const window = await openWindow(browser());
  const { core } = useCore({}, window.home);
  const { id } = await core.handlers.machine.create({ ...tinyMachine, name: 'web', diskSize: 1024 ** 2 }, {});
  const pages = [window.page, await window.openPage()];
  for (const page of pages) await openSnapshots(page, 'web', 'Off');
  const expectInTime = async (act: () => Promise<unknown>, look: (page: Page) => Promise<unknown>) => {
    const seen = pages.map((page) => look(page).then(() => performance.now()));
    await act();
    const doneAt = performance.now();
    for (const seenAt of await Promise.all(seen)) expect(seenAt - doneAt).toBeLessThan(1000);
  };
  const { snapshot, machine } = core.handlers;

  await expectInTime(
    () => window.bothy('snapshot', 'create', 'web', 'from afar'),
    (page) => row(page, 'from afar, Off').waitFor(),
  );
  await expectInTime(
    () => window.bothy('snapshot', 'edit', 'web', 'from afar', '--name', 'renamed', '--note', 'and noted'),
    (page) => row(page, 'renamed').getByText('and noted').waitFor(),
  );
  await expectInTime(
    () => machine.clone({ machine: 'web', snapshot: 'renamed', name: 'web-2' }, {}),
    (page) => row(page, 'renamed').getByRole('link', { name: 'web-2' }).waitFor(),
  );
  await expectInTime(
    () => machine.detach({ machine: 'web-2' }, {}),
    (page) => row(page, 'renamed').getByRole('link', { name: 'web-2' }).waitFor({ state: 'hidden' }),
  );
  await expectInTime(
    () => snapshot.delete({ machine: 'web', snapshot: 'renamed' }, {}),
    (page) => page.getByRole('heading', { name: 'No snapshots yet' }).waitFor(),
  );
  expect(readTimeline(window, id).snapshots).toEqual([]);
});

test('what fails is told in the dialog that asked, once', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const { id } = await core.handlers.machine.create({ ...tinyMachine, name: 'web', diskSize: 1024 ** 2 }, {});
  const { snapshot } = await core.handlers.snapshot.create({ machine: 'web', name: 'spoiled' }, {});
  writeFileSync(join(folderOf(window, id), 'snapshots', snapshot.id, 'saved.json'), '{"half":');
  await openSnapshots(page, 'web', 'Off');
  await row(page, 'spoiled').click();
  await row(page, 'spoiled').getByRole('button', { name: 'Restore…' }).click();
  const question = page.getByRole('dialog', { name: 'Restore “spoiled”?' });
  await question.getByRole('radio', { name: 'Throw it away' }).click();
  await question.getByRole('button', { name: 'Throw away and restore' }).click();
  await question
    .getByRole('alert')
    .getByText(/saved\.json cannot be used/)
    .waitFor();
  expect(await page.getByTestId('task').count()).toBe(0);
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'hidden' });
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('a raw disk is said to be in the way, and converted on the spot', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const { id } = await core.handlers.machine.create({ ...tinyMachine, name: 'web', diskSize: 1024 ** 2 }, {});
  const folder = folderOf(window, id);
  writeRawImage(join(folder, 'disks/disk0.img'));
  const definition = readDefinition(window, id);
  const disks = [{ id: 'disk0', file: 'disks/disk0.img', format: 'raw', bus: 'virtio' }];
  // Renamed into place, since the window may be reading it.
  writeFileSync(join(window.home.scratch, 'machine.json'), JSON.stringify({ ...definition, disks }));
  renameSync(join(window.home.scratch, 'machine.json'), join(folder, 'machine.json'));
  rmSync(join(folder, 'disks/disk0.qcow2'));
  await openSnapshots(page, 'web', 'Off');
  await page.getByText('Disk disk0 of “web” is a raw image').waitFor();
  expect(await page.getByRole('button', { name: 'Take snapshot…' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Convert to qcow2' }).click();
  await page.getByText('Disk disk0 of “web” is a raw image').waitFor({ state: 'hidden' });
  await takeSnapshot(page, { name: 'possible now' });
  await row(page, 'possible now').waitFor();
  const [disk] = readDefinition(window, id).disks;
  expect(disk?.format).toBe('qcow2');
  const raw = writeRawImage(join(window.home.scratch, 'as-it-was.img'));
  expect(qemuImg('compare', '-f', 'qcow2', '-F', 'raw', join(folder, disk?.file ?? ''), raw)).toContain('Images are identical');
});

function row(page: Page, name: string): Locator {
  return page.getByRole('treeitem', { name: new RegExp(`^${name}, `) });
}

async function openSnapshots(page: Page, machine: string, state: string): Promise<void> {
  await page.getByRole('option', { name: `${machine}, ${state}` }).click();
  await page.getByRole('tab', { name: 'Snapshots' }).click();
  await row(page, 'You are here').waitFor();
}

async function takeSnapshot(page: Page, { name, note, says }: { name?: string; note?: string; says?: RegExp }): Promise<void> {
  await page.getByRole('button', { name: 'Take snapshot…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Take a snapshot of web' });
  await dialog.getByRole('textbox', { name: 'Name' }).waitFor();
  if (says !== undefined) await dialog.getByText(says).waitFor();
  if (name !== undefined) await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  if (note !== undefined) await dialog.getByRole('textbox', { name: 'Note' }).fill(note);
  await dialog.getByRole('button', { name: 'Take snapshot' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

async function restore(page: Page, name: string, present: 'keep' | 'discard'): Promise<void> {
  await row(page, name).click();
  await row(page, name).getByRole('button', { name: 'Restore…' }).click();
  const dialog = page.getByRole('dialog', { name: `Restore “${name}”?` });
  if (present === 'discard') await dialog.getByRole('radio', { name: 'Throw it away' }).click();
  await dialog.getByRole('button', { name: present === 'discard' ? 'Throw away and restore' : 'Snapshot and restore' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

/** Deletes a snapshot after reading what the preview says, which it gives line by line. */
async function removeSnapshot(page: Page, name: string, button: string): Promise<readonly string[]> {
  await row(page, name).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog', { name: `Delete “${name}”?` });
  const plan = dialog.getByTestId('delete-plan');
  await plan.waitFor();
  const lines = await plan.locator('.plan-file').allTextContents();
  await dialog.getByRole('button', { name: button }).click();
  await dialog.waitFor({ state: 'hidden' });
  return lines;
}

/** The rows from top to bottom: the level of each, and its name. */
function describeTree(page: Page): Promise<readonly string[]> {
  return page
    .getByRole('treeitem')
    .evaluateAll((rows) =>
      rows.map((one) => `${one.getAttribute('aria-level')} ${one.querySelector('.snapshot-name')?.textContent}`),
    );
}

function folderOf({ home }: TestWindow, id: string): string {
  return join(home.folder, 'machines', id);
}

function readDefinition(window: TestWindow, id: string): MachineDefinition {
  return JSON.parse(readFileSync(join(folderOf(window, id), 'machine.json'), 'utf8')) as MachineDefinition;
}

function readTimeline(window: TestWindow, id: string): MachineDefinition['timeline'] {
  return readDefinition(window, id).timeline;
}

function namesIn(window: TestWindow, id: string): readonly string[] {
  return readTimeline(window, id).snapshots.map(({ name }) => name);
}
