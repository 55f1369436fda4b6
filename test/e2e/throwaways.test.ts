import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Core } from '../../core/core.ts';
import { shareBrowser } from '../kit/browser.ts';
import { Keeper, vmBooted } from '../kit/keeper.ts';
import { openWindow, type TestWindow, waitForState } from '../kit/open-window.ts';
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
