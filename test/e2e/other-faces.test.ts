import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { shareBrowser } from '../kit/browser.ts';
import { openWindow } from '../kit/open-window.ts';

const browser = shareBrowser();

test('two windows show within a second what the command line does', async () => {
  const window = await openWindow(browser());
  const pages = [window.page, await window.openPage()];

  const expectSoon = async (act: Promise<unknown>, look: (page: Page) => Promise<unknown>) => {
    const seen = pages.map((page) => look(page).then(() => performance.now()));
    await act;
    const doneAt = performance.now();
    for (const seenAt of await Promise.all(seen)) expect(seenAt - doneAt).toBeLessThan(1000);
  };
  const row = (name: string, state: string) => (page: Page) => page.getByRole('option', { name: `${name}, ${state}` }).waitFor();

  await expectSoon(window.bothy('create', 'made', '--disk', '0', '--memory', '64M', '--accelerator', 'tcg'), row('made', 'Off'));
  await expectSoon(window.bothy('start', 'made'), row('made', 'Running'));
  await expectSoon(window.bothy('pause', 'made'), row('made', 'Paused'));
  await expectSoon(window.bothy('resume', 'made'), row('made', 'Running'));
  await expectSoon(window.bothy('set', 'made', 'name=renamed'), row('renamed', 'Running'));
  await expectSoon(window.bothy('kill', 'renamed'), row('renamed', 'Off'));
  await expectSoon(window.bothy('delete', 'renamed'), (page) => page.getByText('No machines yet.').waitFor());

  // And what one window does, the other shows.
  const [one, other] = pages;
  await window.bothy('create', 'both', '--disk', '0', '--memory', '64M', '--accelerator', 'tcg');
  await one?.getByRole('option', { name: 'both, Off' }).click();
  await other?.getByRole('option', { name: 'both, Off' }).click();
  await one?.getByRole('button', { name: 'Start' }).first().click();
  await other?.getByRole('button', { name: 'Shut down' }).waitFor();
  await other?.getByRole('option', { name: 'both, Running' }).waitFor();
  await window.bothy('kill', 'both');
  await window.bothy('delete', 'both');
  await one?.getByRole('heading', { name: 'This machine is gone' }).waitFor();
  await other?.getByRole('heading', { name: 'This machine is gone' }).waitFor();
});
