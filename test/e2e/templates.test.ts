import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { TemplateInfo } from '../../contract/template.ts';
import { shareBrowser } from '../kit/browser.ts';
import { expectSoon } from '../kit/expect-soon.ts';
import { vmBooted } from '../kit/keeper.ts';
import { openWindow, type TestWindow } from '../kit/open-window.ts';
import { runFromPalette } from '../kit/run-from-palette.ts';
import { useCore } from '../kit/use-core.ts';
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
