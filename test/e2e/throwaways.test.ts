import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Core } from '../../core/core.ts';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { shareBrowser } from '../kit/browser.ts';
import { expectSoon } from '../kit/expect-soon.ts';
import { makeGuestTemplate } from '../kit/guest-template.ts';
import { Keeper, vmBooted } from '../kit/keeper.ts';
import { lookAt } from '../kit/look-at.ts';
import { openWindow, type TestWindow, waitForState } from '../kit/open-window.ts';
import { requireOrSkip } from '../kit/require-tool.ts';
import { runFromPalette } from '../kit/run-from-palette.ts';
import { typeKeys } from '../kit/type-keys.ts';
import { useCore } from '../kit/use-core.ts';

const browser = shareBrowser();

test('a throwaway is there at once, is thrown away, and leads back when it is gone', async () => {
  const { window, page, core } = await useTemplate();
  await page.getByRole('link', { name: 'Disk images' }).click();

  // Pressed, looked at, and thrown away after a question.
  const first = await pressThrowaway(page);
  await page.locator('[data-testid=screen][data-phase=connected]').waitFor();
  expect(await new Keeper(core, first.id, 'tiny').get()).toEqual({ memory: 'frozen', disks: ['frozen'] });
  await page.getByRole('option', { name: `${first.name}, Running, throwaway` }).waitFor();
  expect((await core.handlers.template.list({}, {}))[0]?.usedBy).toEqual([{ ...first, throwaway: true }]);
  const question = page.getByRole('dialog', { name: `Throw ${first.name} away?` });
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'hidden' });
  expect((await window.info(first.id)).state).toBe('running');
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await question.getByText('its template web stays as it is').waitFor();
  await question.getByRole('button', { name: 'Throw away' }).click();
  // Back to where Throwaway was pressed, without an error page and without a word.
  await page.getByRole('heading', { name: 'Disk images' }).waitFor();
  await expectGone(window, core, first);
  expect(await page.getByRole('alert').count()).toBe(0);

  // Asked for the last time, then never again.
  const second = await pressThrowaway(page);
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await page.getByRole('checkbox', { name: 'Don’t ask again' }).check();
  await page.getByRole('button', { name: 'Throw away', exact: true }).click();
  await page.getByRole('heading', { name: 'Disk images' }).waitFor();
  await expectGone(window, core, second);
  const third = await pressThrowaway(page);
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await page.getByRole('heading', { name: 'Disk images' }).waitFor();
  await expectGone(window, core, third);

  // One that ends by itself, or by another face, leads back and says so.
  const fourth = await pressThrowaway(page);
  await core.handlers.machine.kill({ machine: fourth.id }, {});
  await page.getByRole('heading', { name: 'Disk images' }).waitFor();
  await page.getByText(`${fourth.name} is gone`).waitFor();
  await expectGone(window, core, fourth);
});

test('a throwaway is kept while it runs, by the way out that the question offers', async () => {
  const { page, core } = await useTemplate();
  await runFromPalette(page, 'throwaway of web');
  const throwaway = await readMachine(page);
  await new Keeper(core, throwaway.id, 'tiny').put('treasure');
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await page.getByRole('button', { name: 'Keep it…' }).click();
  const keeping = page.getByRole('dialog', { name: `Keep ${throwaway.name}` });
  await keeping.getByRole('textbox', { name: 'Name' }).fill('web-original');
  await keeping.getByText('Another machine has this name.').waitFor();
  await keeping.getByRole('textbox', { name: 'Name' }).fill('kept');
  await keeping.getByRole('button', { name: 'Keep', exact: true }).click();
  await keeping.waitFor({ state: 'hidden' });
  await page.getByRole('option', { name: 'kept, Running', exact: true }).waitFor();
  expect(await page.getByTestId('throwaway-badge').count()).toBe(0);
  expect(await new Keeper(core, throwaway.id, 'tiny').get()).toEqual({ memory: 'treasure', disks: ['treasure'] });
  expect((await core.handlers.machine.relations({ machine: 'kept' }, {})).buildsOn).toEqual([]);
  await core.handlers.machine.kill({ machine: 'kept' }, {});
  await page.getByRole('option', { name: 'kept, Off' }).waitFor();
});

test('a throwaway that is kept elsewhere while the question is open goes on', async () => {
  const { page, core } = await useTemplate();
  const { id, name } = await pressThrowaway(page);
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await page.getByRole('dialog', { name: `Throw ${name} away?` }).waitFor();
  await core.handlers.throwaway.keep({ machine: id, name: 'kept' }, {});
  await page.getByRole('option', { name: 'kept, Running', exact: true, includeHidden: true }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Throw away' }).click();
  await expectSoon(() => page.getByRole('dialog').count()).toBe(0);
  await page.getByText('was kept meanwhile, so it was not thrown away').waitFor();
  expect(await core.handlers.machine.info({ machine: id }, {})).toMatchObject({ state: 'running', throwaway: false });
  await core.handlers.machine.kill({ machine: id }, {});
});

test('a throwaway is started, found in the list and thrown away without a mouse', async () => {
  const { window, page, core } = await useTemplate();
  await runFromPalette(page, 'templates');
  await page.getByRole('heading', { name: 'Templates' }).waitFor();
  await runFromPalette(page, 'throwaway of web');
  const throwaway = await readMachine(page);
  await page.getByRole('listbox', { name: 'Machines' }).focus();
  await page.keyboard.press('Delete');
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await expect.poll(focused).toBe('Throw away');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect((await window.info(throwaway.id)).state).toBe('running');
  await page.getByRole('listbox', { name: 'Machines' }).focus();
  await page.keyboard.press('Delete');
  await expect.poll(focused).toBe('Throw away');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Templates' }).waitFor();
  await expectGone(window, core, throwaway);
  // The next Tab goes on in the page that is shown.
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main');
});

test('a fork goes on from the same moment, and the pause is told', async () => {
  const { page, core } = await useTemplate();
  const first = await pressThrowaway(page);
  await new Keeper(core, first.id, 'tiny').put('before');
  await page.getByRole('button', { name: 'Fork', exact: true }).click();
  const forking = page.getByRole('dialog', { name: `Fork ${first.name}` });
  await forking.getByRole('textbox', { name: 'Name' }).fill('other');
  await forking.getByRole('button', { name: 'Fork' }).click();
  await page.getByRole('heading', { name: 'other' }).waitFor();
  await page.getByText(/stood still for [\d.]+ m?s\./).waitFor();
  const other = await readMachine(page);
  await new Keeper(core, first.id, 'tiny').put('after');
  expect(await new Keeper(core, other.id, 'tiny').get()).toEqual({ memory: 'before', disks: ['before'] });
});

test('the window keeps to what a throwaway is, in every size and colour', async () => {
  const { page, core } = await useTemplate();
  const found: string[] = [];
  const look = async (name: string) => found.push(...(await lookAt(page, name)));
  await core.handlers.throwaway.create({ template: 'web', name: 'for-an-hour', ttlSeconds: 3600 }, {});
  await page.getByRole('option', { name: 'for-an-hour, Running, throwaway' }).click();
  await page.getByRole('region', { name: 'Memory' }).getByText('more like it would fit').waitFor();
  await page.getByRole('banner').getByText('min left').waitFor({ state: 'hidden' });
  await look('throwaway-overview');
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await page.getByRole('dialog').waitFor();
  await look('throwaway-close');
  await page.getByRole('button', { name: 'Keep it…' }).click();
  await page.getByRole('dialog', { name: 'Keep for-an-hour' }).waitFor();
  await look('throwaway-keep');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Fork', exact: true }).click();
  await page.getByRole('dialog', { name: 'Fork for-an-hour' }).waitFor();
  await look('fork');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Templates' }).click();
  await page.getByText('more would fit').waitFor();
  await look('templates-in-use');
  await page.getByRole('button', { name: 'Actions for web' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByText('for-an-hour builds on web.').waitFor();
  await look('template-delete-used');
  expect(found).toEqual([]);
});

test('a machine that is kept ready waits unseen, and Throwaway takes it', async () => {
  const { page, core } = await useTemplate();
  await page.getByRole('link', { name: 'Templates' }).click();
  const card = page.getByTestId('template');
  await card.getByRole('button', { name: 'Actions for web' }).click();
  await page.getByRole('menuitem', { name: 'Keep ready…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Keep machines of web ready' });
  const count = dialog.getByRole('textbox', { name: 'How many' });
  await count.fill('9');
  await dialog.getByText('Give a number from 0 to 8.').waitFor();
  expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await count.fill('1');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await card.getByText(/^1, with [0-9.]+ [KM]iB of its own$/).waitFor({ timeout: 30_000 });
  expect(await page.getByTestId('machine-row').count()).toBe(1);

  const taken = await pressThrowaway(page);
  await page.locator('[data-testid=screen][data-phase=connected]').waitFor();
  expect(await new Keeper(core, taken.id, 'tiny').get()).toEqual({ memory: 'frozen', disks: ['frozen'] });
  const { entries } = await core.handlers.machine.activity({ machine: taken.id }, {});
  expect(entries.map(({ text }) => text)).toContain('Had been kept ready, and goes on');
  await page.getByRole('link', { name: 'Templates' }).click();
  await card.getByText(/^1, with /).waitFor({ timeout: 30_000 });

  await card.getByRole('button', { name: 'Actions for web' }).click();
  await page.getByRole('menuitem', { name: 'Keep ready…' }).click();
  await count.fill('0');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await card.getByText('Kept ready').waitFor({ state: 'hidden' });
  expect((await core.handlers.machine.list({}, {})).map(({ id }) => id)).toContain(taken.id);
});

test('one command over two templates: what each printed, how it ended, its screen, and again', async (context) => {
  requireOrSkip(context, findObstacle() === undefined, findObstacle() ?? '');
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  await makeGuestTemplate(core, 'quickDemo', { memoryMiB: 256 });
  const { machine } = await core.handlers.throwaway.create({ template: 'demo', name: 'seed' }, {});
  await core.handlers.template.create({ machine: machine.id, name: 'second', warm: true, full: true }, {});
  await core.handlers.machine.kill({ machine: machine.id }, {});

  // A throwaway with a shell, used on the serial line.
  await runFromPalette(page, 'throwaway of demo');
  await page.getByText('Serial', { exact: true }).click();
  const terminal = page.getByTestId('serial');
  await terminal.click();
  await typeKeys(page, '\necho "Typed-$((20 + 3))"\n');
  await terminal.locator('.xterm-rows').getByText('Typed-23').first().waitFor();
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Throw away' }).click();
  await expectSoon(() => page.getByTestId('machine-row').count()).toBe(0);

  await page.getByRole('button', { name: 'Choose a template' }).click();
  await page.getByRole('menuitem', { name: 'Run a command…' }).click();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText('Choose at least one template.').waitFor();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByRole('button', { name: 'Options' }).click();
  await page.getByRole('textbox', { name: 'Environment' }).fill('WORD=from outside');
  await page.getByRole('textbox', { name: 'Working folder' }).fill('/tmp');
  const command = page.getByRole('textbox', { name: 'Command' });
  await command.fill('echo "$WORD in $PWD"; echo oops >&2; exit 3');
  await command.press('Enter');
  const summary = page.getByTestId('matrix-summary');
  await summary.getByText('2 templates: 2 did not succeed').waitFor({ timeout: 60_000 });
  for (const name of ['demo', 'second']) {
    const cell = page.getByTestId('matrix-cell').and(page.getByLabel(`${name}: Failed`));
    await cell.getByText('exit 3').waitFor();
    await cell.getByText('from outside in /tmp').waitFor();
    await cell.getByText('oops').waitFor();
  }
  await page.getByRole('button', { name: 'Enlarge the last screen of demo' }).click();
  await page.getByRole('img', { name: 'Last screen of demo' }).waitFor();
  await page.keyboard.press('Escape');

  // Live output, then cancelled: nothing is left.
  await command.fill('echo begun; sleep 1000');
  await command.press('Enter');
  await page.getByTestId('matrix-cell').getByText('begun').nth(1).waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Cancel' }).first().click();
  await summary.getByText('2 templates: 2 cancelled').waitFor();
  await expectSoon(async () => (await core.handlers.machine.list({}, {})).length).toBe(0);

  // Out of time in one, and one that is gone by the time it is run again.
  await page.getByRole('textbox', { name: 'Time-out' }).fill('2');
  await command.press('Enter');
  await page.getByTestId('matrix-cell').getByText('Out of time').nth(1).waitFor({ timeout: 60_000 });
  await command.fill('uname -n');
  await command.press('Enter');
  await summary.getByText('2 templates: 2 succeeded').waitFor({ timeout: 60_000 });
  await core.handlers.template.delete({ template: 'second' }, {});
  await page.getByRole('button', { name: 'Run again' }).click();
  await summary.getByText('2 templates: 1 succeeded, 1 could not be run').waitFor({ timeout: 60_000 });
  await page.getByTestId('matrix-cell').getByText('There is no template “second”.').waitFor();
  expect(await lookAt(page, 'matrix-grid')).toEqual([]);
});

/** A window, and the warm template `web` of a machine that keeps a word in its memory and on its disk. */
async function useTemplate(): Promise<{ window: TestWindow; page: Page; core: Core }> {
  const window = await openWindow(browser());
  const { core } = useCore({}, window.home);
  const keeper = await vmBooted(core, window.home.scratch, 'web-original', { guest: 'tiny', disks: 1 });
  await keeper.put('frozen');
  await core.handlers.template.create({ machine: 'web-original', name: 'web', warm: true, full: true }, {});
  await core.handlers.machine.kill({ machine: 'web-original' }, {});
  await waitForState(window, 'web-original', 'off');
  return { window, page: window.page, core };
}

async function pressThrowaway(page: Page): Promise<{ id: string; name: string }> {
  const before = page.url();
  await page.getByRole('banner').getByRole('button', { name: 'Throwaway' }).click();
  await page.waitForURL((url) => url.href !== before);
  return await readMachine(page);
}

/** The machine whose console is open. */
async function readMachine(page: Page): Promise<{ id: string; name: string }> {
  await page.waitForURL(/#\/machine\/\w+\/console$/);
  const name = await page.locator('.machine-name').textContent();
  return { id: /machine\/(\w+)/.exec(page.url())?.[1] ?? '', name: name ?? '' };
}

async function expectGone(window: TestWindow, core: Core, { id, name }: { id: string; name: string }): Promise<void> {
  await window.page.getByRole('option', { name: new RegExp(`^${name},`) }).waitFor({ state: 'hidden' });
  expect(existsSync(join(window.home.folder, 'machines', id))).toBe(false);
  expect((await core.handlers.machine.list({}, {})).map((machine) => machine.id)).not.toContain(id);
}
