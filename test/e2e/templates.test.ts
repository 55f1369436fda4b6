import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { TemplateInfo } from '../../contract/template.ts';
import { shareBrowser } from '../kit/browser.ts';
import { expectSoon } from '../kit/expect-soon.ts';
import { Keeper, vmBooted } from '../kit/keeper.ts';
import { openWindow, type TestWindow } from '../kit/open-window.ts';
import { runFromPalette } from '../kit/run-from-palette.ts';
import { tinyMachine, useCore } from '../kit/use-core.ts';
import { writeTemplate } from '../kit/write-template.ts';

const browser = shareBrowser();

test('a warm template of a machine that runs, a cold one of one that is off, and both are deleted again', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const keeper = await vmBooted(core, window.home.scratch, 'web', { guest: 'tiny', disks: 2 });
  await keeper.put('frozen');

  // Without a template, Throwaway says how to make one.
  await page.getByRole('banner').getByRole('button', { name: 'Throwaway' }).click();
  await page.getByRole('dialog', { name: 'Throwaway machines' }).getByRole('button', { name: 'Make a template…' }).click();
  const making = page.getByRole('dialog', { name: 'Make a template of web' });
  await making.getByRole('textbox', { name: 'Name' }).fill('web');
  await making.getByText('Another machine has this name.').waitFor();
  await making.getByRole('textbox', { name: 'Name' }).fill('web-warm');
  await making.getByRole('textbox', { name: 'Note' }).fill('With the word in its memory');
  await making.getByRole('button', { name: 'Make template' }).click();
  await making.waitFor({ state: 'hidden' });
  const warm = cardOf(page, 'web-warm');
  await warm.getByText('Warm', { exact: true }).waitFor();
  await warm.getByText('With the word in its memory').waitFor();
  expect(await findTemplate(window, 'web-warm')).toMatchObject({
    warmth: 'warm',
    source: 'web',
    note: 'With the word in its memory',
  });
  expect((await window.info('web')).state).toBe('running');
  expect(await keeper.get()).toEqual({ memory: 'frozen', disks: ['frozen', 'frozen'] });

  // A warm template of a machine that is off needs to know when its boot is ready; a cold one does not.
  await core.handlers.machine.kill({ machine: 'web' }, {});
  await page.getByRole('option', { name: 'web, Off' }).click();
  await runFromPalette(page, 'make a template of web');
  await making.getByRole('combobox', { name: 'Frozen when' }).waitFor();
  await making.getByRole('radio', { name: 'Cold' }).click();
  await making.getByRole('radio', { name: 'Full' }).click();
  await making.getByRole('textbox', { name: 'Name' }).fill('web-cold');
  await making.getByRole('button', { name: 'Make template' }).click();
  await making.waitFor({ state: 'hidden' });
  await cardOf(page, 'web-cold').getByText('Cold', { exact: true }).waitFor();
  expect(await findTemplate(window, 'web-cold')).toMatchObject({ warmth: 'cold', buildsOn: [] });
  await page.getByTestId('template-summary').getByText('2 templates, 1 warm').waitFor();

  await chooseAction(page, 'web-warm', 'Check…');
  const checking = page.getByRole('dialog', { name: 'Check web-warm' });
  await checking.getByText('Everything in it is as it was made.').waitFor();
  await checking.getByRole('button', { name: 'Done' }).click();

  for (const name of ['web-warm', 'web-cold']) {
    await chooseAction(page, name, 'Delete…');
    const question = page.getByRole('dialog', { name: `Delete the template ${name}?` });
    await question.getByRole('button', { name: 'Delete' }).click();
    await question.waitFor({ state: 'hidden' });
    await cardOf(page, name).waitFor({ state: 'hidden' });
  }
  await page.getByRole('heading', { name: 'A machine for a moment' }).waitFor();
  expect(await core.handlers.template.list({}, {})).toEqual([]);
});

test('a template is warmed by a boot, made cold, renamed, made a machine of, and deleted under it', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  const { core } = useCore({}, window.home);
  const keeper = await vmBooted(core, window.home.scratch, 'original', { guest: 'tiny', disks: 1 });
  await keeper.put('kept');
  await core.handlers.machine.kill({ machine: 'original' }, {});

  await page.getByRole('option', { name: 'original, Off' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Make a template…' }).click();
  const making = page.getByRole('dialog', { name: 'Make a template of original' });
  await making.getByRole('textbox', { name: 'Name' }).fill('web');
  await choose(page, 'Frozen when', 'A text is on its serial line');
  await making.getByRole('button', { name: 'Make template' }).click();
  await making.getByText('Write a part of what its serial line prints').waitFor();
  await making.getByRole('textbox', { name: 'Text on the serial line' }).fill('ready');
  await making.getByRole('radio', { name: 'Full' }).click();
  await making.getByRole('button', { name: 'Make template' }).click();
  await making.waitFor({ state: 'hidden' });
  await cardOf(page, 'web').getByText('Warm', { exact: true }).waitFor();
  await cardOf(page, 'web').getByText('“ready” is on its serial line').waitFor();

  // Memory that was damaged is not gone on from: the throwaway boots and says why, and the template is warmed again meanwhile.
  const { folder } = (await findTemplate(window, 'web')) ?? { folder: '' };
  const [warm = ''] = readdirSync(folder).filter((name) => name.startsWith('warm-'));
  rmSync(join(folder, warm, 'devices.state'));
  await page.getByRole('button', { name: 'Throwaway of web' }).click();
  await page.waitForURL(/#\/machine\/\w+\/console$/);
  await page.getByText(/^web-\w+ boots$/).waitFor();
  await page.getByRole('button', { name: 'Throw away…' }).click();
  await page.getByRole('button', { name: 'Throw away', exact: true }).click();
  await cardOf(page, 'web').getByText('Warm', { exact: true }).waitFor();

  await chooseAction(page, 'web', 'Make cold…');
  await page.getByRole('dialog', { name: 'Make web cold?' }).getByRole('button', { name: 'Make cold' }).click();
  await cardOf(page, 'web').getByText('Cold', { exact: true }).waitFor();

  // A boot that never is ready is told where it was asked for, and asked for anew there.
  await chooseAction(page, 'web', 'Warm up…');
  const warming = page.getByRole('dialog', { name: 'Warm up web' });
  await warming.getByRole('textbox', { name: 'Text on the serial line' }).fill('never printed');
  await warming.getByRole('textbox', { name: 'Give up after' }).fill('0.05');
  await warming.getByRole('button', { name: 'Warm up' }).click();
  await warming.getByRole('alert').getByText('never printed').waitFor();
  expect(await page.getByTestId('task').and(page.locator('[data-state=failed]')).count()).toBe(0);
  await warming.getByRole('textbox', { name: 'Text on the serial line' }).fill('ready');
  await warming.getByRole('textbox', { name: 'Give up after' }).fill('5');
  await warming.getByRole('button', { name: 'Warm up' }).click();
  await warming.waitFor({ state: 'hidden' });
  await cardOf(page, 'web').getByText('Warm', { exact: true }).waitFor();

  await chooseAction(page, 'web', 'Name and note…');
  const editing = page.getByRole('dialog', { name: 'Name and note' });
  await editing.getByRole('textbox', { name: 'Name' }).fill('original');
  await editing.getByText('Another machine has this name.').waitFor();
  await editing.getByRole('textbox', { name: 'Name' }).fill('renamed');
  await editing.getByRole('textbox', { name: 'Note' }).fill('One word on its disk');
  await editing.getByRole('button', { name: 'Save' }).click();
  await cardOf(page, 'renamed').getByText('One word on its disk').waitFor();

  await chooseAction(page, 'renamed', 'New machine from it…');
  const creating = page.getByRole('dialog', { name: 'New machine' });
  await creating.getByText('As the template has it.').first().waitFor();
  await creating.getByRole('textbox', { name: 'Name' }).fill('made');
  await creating.getByRole('button', { name: 'Create and start' }).click();
  await page.getByRole('heading', { name: 'made' }).waitFor();
  const made = new Keeper(core, (await window.info('made')).id, 'tiny');
  expect(await made.get()).toEqual({ memory: null, disks: ['kept'] });
  expect((await window.info('made')).throwaway).toBe(false);
  await page.getByRole('tab', { name: 'Overview' }).click();
  await page.getByText('Made from the template').getByRole('link', { name: 'renamed' }).click();

  await chooseAction(page, 'renamed', 'Delete…');
  const question = page.getByRole('dialog', { name: 'Delete the template renamed?' });
  await question.getByText('made builds on renamed.').waitFor();
  await question.getByRole('button', { name: 'Make it independent, then delete' }).click();
  await question.waitFor({ state: 'hidden' });
  await page.getByRole('heading', { name: 'A machine for a moment' }).waitFor();
  expect(await made.get()).toEqual({ memory: null, disks: ['kept'] });
  expect((await core.handlers.machine.relations({ machine: 'made' }, {})).buildsOn).toEqual([]);
});

test('a template whose boot is waited for is cancelled in its dialog, and nothing is left', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const { core } = useCore({}, home);
  const { id } = await core.handlers.machine.create({ ...tinyMachine, name: 'web', diskSize: 1024 ** 2 }, {});
  await page.getByRole('option', { name: 'web, Off' }).click();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Make a template…' }).click();
  const making = page.getByRole('dialog', { name: 'Make a template of web' });
  await choose(page, 'Frozen when', 'A text is on its serial line');
  await making.getByRole('textbox', { name: 'Text on the serial line' }).fill('never printed');
  await making.getByRole('button', { name: 'Make template' }).click();
  await making.getByRole('status').getByText('never printed').waitFor();
  await making.getByRole('button', { name: 'Cancel' }).click();
  await making.getByRole('progressbar').waitFor({ state: 'hidden' });
  expect(await making.getByRole('alert').count()).toBe(0);
  await making.getByRole('button', { name: 'Cancel' }).click();
  await making.waitFor({ state: 'hidden' });
  expect(await core.handlers.template.list({}, {})).toEqual([]);
  await expectSoon(async () => {
    await core.handlers.machine.list({}, {});
    return readdirSync(join(home.folder, 'machines')).filter((name) => name !== '.lock-key');
  }).toEqual([id]);
});

test('two windows show within a second what becomes of templates elsewhere', async () => {
  const window = await openWindow(browser());
  const { core } = useCore({}, window.home);
  const pages = [window.page, await window.openPage()];
  for (const page of pages) await page.goto(`${new URL(page.url()).origin}/#/templates`);
  const expectSoonIn = async (act: () => unknown, look: (page: Page) => Promise<unknown>) => {
    const seen = pages.map((page) => look(page).then(() => performance.now()));
    await act();
    const doneAt = performance.now();
    for (const seenAt of await Promise.all(seen)) expect(seenAt - doneAt).toBeLessThan(1000);
  };
  await expectSoonIn(
    () => writeTemplate(window.home, { id: 'aaaaaaaaaaaa', name: 'debian' }),
    (page) => cardOf(page, 'debian').waitFor(),
  );
  // A template is none of the machines.
  await expectSoon(() => window.page.getByTestId('machine-count').textContent()).toContain('0 machines');
  await expectSoonIn(
    () => core.handlers.template.delete({ template: 'debian' }, {}),
    (page) => page.getByRole('heading', { name: 'A machine for a moment' }).waitFor(),
  );
});

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

function cardOf(page: Page, name: string) {
  return page.getByTestId('template').and(page.getByLabel(name, { exact: true }));
}

async function chooseAction(page: Page, template: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${template}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

async function findTemplate({ face }: TestWindow, name: string): Promise<TemplateInfo | undefined> {
  return (await face.client.call.template.list({})).find((template) => template.name === name);
}
