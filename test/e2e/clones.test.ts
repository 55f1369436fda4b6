import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { shareBrowser } from '../kit/browser.ts';
import { qemuImg } from '../kit/disk-images.ts';
import { expectSoon } from '../kit/expect-soon.ts';
import { Keeper, vmBooted } from '../kit/keeper.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { tinyMachine, useCore } from '../kit/use-core.ts';

const browser = shareBrowser();

test('suspend, resume, and discard the saved memory by clicking', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const keeper = await vmBooted(core, window.home.scratch, 'web', { guest: 'tiny', disks: 1 });
  await keeper.put('kept');
  await page.getByRole('option', { name: 'web, Running' }).click();
  await chooseAction(page, 'Suspend');
  const suspended = await waitForState(window, 'web', 'suspended');
  expect(suspended.pid).toBeNull();
  await page.getByRole('option', { name: 'web, Suspended' }).waitFor();
  await page.getByRole('tab', { name: 'Console' }).click();
  await page.getByText('Resume brings it back as it was.').waitFor();
  await page.getByRole('button', { name: 'Resume' }).first().click();
  await waitForState(window, 'web', 'running');
  expect(await keeper.get()).toEqual({ memory: 'kept', disks: ['kept'] });

  await chooseAction(page, 'Suspend');
  await page.getByRole('option', { name: 'web, Suspended' }).waitFor();
  await chooseAction(page, 'Discard saved memory…');
  const question = page.getByRole('dialog', { name: 'Discard the saved memory of web?' });
  await question.getByRole('button', { name: 'Discard' }).click();
  await waitForState(window, 'web', 'off');
  await page.getByRole('option', { name: 'web, Off' }).waitFor();
  await keeper.boot();
  expect(await keeper.get()).toEqual({ memory: null, disks: ['kept'] });
});

test('linked and full clones, and an original that is deleted under its clones only after they are independent', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const keeper = await vmBooted(core, window.home.scratch, 'web', { guest: 'tiny', disks: 2 });
  await keeper.put('first');
  await core.handlers.snapshot.create({ machine: 'web', name: 'base' }, {});
  await keeper.put('second');
  await core.handlers.machine.kill({ machine: 'web' }, {});
  await page.getByRole('option', { name: 'web, Off' }).click();

  // From a snapshot, linked.
  await page.getByRole('tab', { name: 'Snapshots' }).click();
  await page.getByRole('treeitem', { name: /^base, / }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'New machine from here…' }).click();
  const making = page.getByRole('dialog', { name: 'New machine from “base”' });
  await making.getByRole('textbox', { name: 'Name' }).fill('web');
  await making.getByText('Another machine has this name.').waitFor();
  await making.getByRole('textbox', { name: 'Name' }).fill('from-base');
  await making.getByRole('button', { name: 'Clone' }).click();
  await page.getByRole('heading', { name: 'from-base' }).waitFor();
  await page.getByText('Linked clone of web').waitFor();
  // From the present, in full.
  await page.getByRole('option', { name: 'web, Off' }).click();
  await page.getByText('from-base builds on this machine').waitFor();
  await chooseAction(page, 'Clone…');
  const copying = page.getByRole('dialog', { name: 'Clone web' });
  await copying.getByRole('radio', { name: 'Full' }).click();
  await copying.getByRole('textbox', { name: 'Name' }).fill('copy');
  await copying.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('heading', { name: 'copy' }).waitFor();
  expect(listBackings(page.url(), window.home.folder)).toEqual([undefined, undefined]);

  // What is asked is who builds on it; the linked one is named, the copy is not.
  const folder = join(window.home.folder, 'machines', keeper.machine);
  await page.getByRole('option', { name: 'web, Off' }).click();
  await page.getByText('from-base builds on this machine').waitFor();
  await chooseAction(page, 'Delete…');
  const question = page.getByRole('dialog', { name: 'Delete web?' });
  await question.getByText('from-base builds on web.').waitFor();
  await question.getByText('1 snapshot', { exact: true }).waitFor();
  await question.getByRole('button', { name: 'Make it independent, then delete' }).click();
  await question.waitFor({ state: 'hidden' });
  await page.getByRole('option', { name: 'web, Off' }).waitFor({ state: 'hidden' });
  expect(existsSync(folder)).toBe(false);

  await page.getByRole('option', { name: 'from-base, Off' }).click();
  await page.getByRole('region', { name: 'Disks' }).waitFor();
  expect(await page.getByText('Linked clone of').count()).toBe(0);
  for (const [name, text] of [
    ['from-base', 'first'],
    ['copy', 'second'],
  ] as const) {
    const clone = new Keeper(core, (await window.info(name)).id, 'tiny');
    await clone.boot();
    expect(await clone.get()).toEqual({ memory: null, disks: [text, text] });
  }
});

test('work that takes long goes on in the background, and is cancelled from the dialog or the task bar', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const { id } = await core.handlers.machine.create({ ...tinyMachine, name: 'web', diskSize: 4 * 1024 ** 3 }, {});
  const disk = join(window.home.folder, 'machines', id, 'disks/disk0.qcow2');
  qemuImg('bench', '-w', '-q', '--pattern=65', '-c', '700', '-s', '2M', '-f', 'qcow2', disk);
  const clone = await core.handlers.machine.clone({ machine: 'web', name: 'web-2' }, {});
  await page.getByRole('option', { name: 'web-2, Off' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make web-2 independent?' });
  const begin = async () => {
    await page.getByRole('button', { name: 'Make independent…' }).click();
    await dialog.getByText('reads part of its disks from those of web').waitFor();
    await dialog.getByRole('button', { name: 'Make independent' }).click();
    await dialog.getByRole('progressbar').waitFor();
  };
  const expectLinkedStill = async () => {
    expect((await core.handlers.machine.relations({ machine: 'web-2' }, {})).buildsOn).toEqual([{ id, name: 'web' }]);
    // What a cancelled change leaves is cleaned up by whoever looks next.
    await expectSoon(async () => {
      await core.handlers.machine.list({}, {});
      return readdirSync(join(window.home.folder, 'machines')).filter((name) => name.startsWith('.timeline'));
    }).toEqual([]);
  };

  await begin();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.getByRole('progressbar').waitFor({ state: 'hidden' });
  expect(await dialog.getByRole('alert').count()).toBe(0);
  await expectLinkedStill();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });

  await begin();
  await dialog.getByRole('button', { name: 'Go on in the background' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const task = page.getByTestId('task').and(page.locator('[data-state=running]'));
  await task.getByRole('button', { name: 'Cancel' }).click();
  await expectSoon(() => task.count()).toBe(0);
  await page.getByTestId('task').filter({ hasText: 'cancelled' }).first().waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
  await expectLinkedStill();
  const { disks } = JSON.parse(readFileSync(join(window.home.folder, 'machines', clone.id, 'machine.json'), 'utf8')) as {
    disks: { file: string }[];
  };
  const copied = join(window.home.folder, 'machines', clone.id, disks[0]?.file ?? '');
  expect(qemuImg('compare', '-f', 'qcow2', '-F', 'qcow2', disk, copied)).toContain('Images are identical');
});

async function chooseAction(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name }).click();
}

/** The backing file of each active layer of the machine whose page is open. */
function listBackings(url: string, home: string): readonly unknown[] {
  const id = /machine\/(\w+)/.exec(url)?.[1] ?? '';
  const { disks } = JSON.parse(readFileSync(join(home, 'machines', id, 'machine.json'), 'utf8')) as { disks: { file: string }[] };
  return disks.map(
    ({ file }) =>
      (JSON.parse(qemuImg('info', '--output=json', join(home, 'machines', id, file))) as Record<string, unknown>)[
        'backing-filename'
      ],
  );
}
