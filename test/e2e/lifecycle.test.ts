import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { shareBrowser } from '../kit/browser.ts';
import { writeIsoImage } from '../kit/disk-images.ts';
import { startLinux, waitForShell } from '../kit/linux-machine.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { isProcessAlive, listOpenFiles } from '../kit/processes.ts';
import { requireOrSkip } from '../kit/require-tool.ts';
import { runBothy } from '../kit/run-bothy.ts';
import { waitForText } from '../kit/wait-until.ts';

const browser = shareBrowser();

test('pause, resume, reset and shut down by clicking, and the activity tells of them', async (context) => {
  requireOrSkip(context, findObstacle() === undefined, findObstacle() ?? '');
  const window = await openWindow(browser());
  const { page, home } = window;
  const machine = await startLinux(window, 'linux');
  const { id, pid } = machine;
  const log = machine.serial?.log ?? '';
  await page.getByRole('option', { name: 'linux, Running' }).click();
  await waitForShell(machine);

  await chooseAction(page, 'Pause');
  await waitForState(window, 'linux', 'paused');
  await page.getByRole('option', { name: 'linux, Paused' }).waitFor();
  await page.getByRole('button', { name: 'Resume' }).first().click();
  await waitForState(window, 'linux', 'running');
  await page.getByRole('option', { name: 'linux, Running' }).waitFor();

  await chooseAction(page, 'Reset…');
  await page.getByRole('dialog', { name: 'Reset linux?' }).getByRole('button', { name: 'Reset' }).click();
  await waitForText(log, /bothy-guest-ready[\s\S]*bothy-guest-ready[\s\S]*guest# /, { timeoutMs: 60_000 });
  expect((await window.info('linux')).pid).toBe(pid);

  // The activity, and the very command line of the process.
  await page.getByRole('tab', { name: 'Activity' }).click();
  for (const event of ['STOP', 'RESUME', 'RESET'])
    await page.getByTestId('activity-entry').filter({ hasText: event }).first().waitFor();
  const shown = (await page.getByTestId('qemu-command').locator('.code-line').allTextContents()).join(' ');
  const running = commandLine(pid);
  expect(shown.split(/\s+/).filter(Boolean)).toEqual(running.flatMap((word) => word.split(/\s+/)).filter(Boolean));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy the command line' }).click();
  const printed = await runBothy(home, ['qemu', 'linux']);
  expect((await page.evaluate(() => navigator.clipboard.readText())).trim()).toBe(printed.stdout.trim());

  // The guest obeys the power button.
  await page.getByRole('button', { name: 'Shut down' }).click();
  await waitForState(window, 'linux', 'off');
  await page.getByRole('option', { name: 'linux, Off' }).waitFor();
  expect(isProcessAlive(pid ?? 0)).toBe(false);
  await page.getByTestId('activity-entry').filter({ hasText: 'POWERDOWN' }).first().waitFor();
  expect(existsSync(join(home.folder, 'run', id, 'qmp-0.sock'))).toBe(false);
});

test('settings: what changes now and what at the next start, a CD put in and out, extra arguments', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const medium = writeIsoImage(join(home.scratch, 'tools.iso'));
  await window.bothy('create', 'one', '--disk', '1G', '--memory', '64M', '--accelerator', 'tcg', '--start');
  await page.getByRole('option', { name: 'one, Running' }).click();
  await page.getByRole('tab', { name: 'Settings' }).click();
  const form = page.getByRole('form', { name: 'Settings' });
  const save = form.getByRole('button', { name: 'Save' });

  await form.getByRole('textbox', { name: 'Name' }).fill('uno');
  await save.click();
  await page.getByRole('option', { name: 'uno, Running' }).waitFor();
  expect((await window.info('uno')).name).toBe('uno');

  await form.getByRole('textbox', { name: 'Medium' }).fill(medium);
  await save.click();
  await save.waitFor({ state: 'hidden' });
  expect((await window.info('uno')).definition?.cdrom).toBe(medium);
  const { pid } = await window.info('uno');
  expect(listOpenFiles(pid)).toContain(medium);
  await form.getByRole('button', { name: 'Eject' }).click();
  await save.click();
  await save.waitFor({ state: 'hidden' });
  expect((await window.info('uno')).definition?.cdrom).toBeNull();
  expect(listOpenFiles(pid)).not.toContain(medium);

  await form.getByRole('textbox', { name: 'Memory' }).fill('96');
  await form.getByRole('textbox', { name: 'Extra arguments' }).fill('-device\nusb-kbd');
  await save.click();
  await form.getByText('These settings count from the next start:').waitFor();
  expect((await window.info('uno')).pending.map(({ setting }) => setting)).toEqual(['memory', 'extra arguments']);
  expect(commandLine(pid)).not.toContain('usb-kbd');

  await chooseAction(page, 'Force off…');
  await page.keyboard.press('Enter');
  await waitForState(window, 'uno', 'off');
  await page.getByRole('button', { name: 'Start' }).first().click();
  const again = await waitForState(window, 'uno', 'running');
  expect(commandLine(again.pid)).toEqual(expect.arrayContaining(['96M', 'usb-kbd']));
  await form.getByText('These settings count from the next start:').waitFor({ state: 'hidden' });
});

test('delete names what it destroys, and can keep the disks', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  for (const name of ['keep', 'lose']) await window.bothy('create', name, '--disk', '1G', '--memory', '64M');
  const [lost] = (await window.info('lose')).disks;

  await page.getByRole('option', { name: 'lose, Off' }).click();
  await chooseAction(page, 'Delete…');
  const dialog = page.getByRole('dialog', { name: 'Delete lose?' });
  await dialog.getByText(/disk.*\.qcow2 \(1 GiB, .* used\)/).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(existsSync(lost?.file ?? '')).toBe(true);
  await chooseAction(page, 'Delete…');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('option', { name: /^lose,/ }).waitFor({ state: 'detached' });
  expect(existsSync(lost?.file ?? '')).toBe(false);

  await page.getByRole('option', { name: 'keep, Off' }).click();
  await chooseAction(page, 'Delete…');
  const second = page.getByRole('dialog', { name: 'Delete keep?' });
  await second.getByRole('checkbox', { name: 'Keep the disk' }).check();
  await second.getByRole('button', { name: 'Delete, keep disks' }).click();
  const words = (await page.getByText(/^Kept: \//).textContent()) ?? '';
  expect(existsSync(words.replace('Kept: ', ''))).toBe(true);
  await page.getByText('No machines yet.').waitFor();
  expect(await window.bothy('list')).toEqual([]);
});

async function chooseAction(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name }).click();
}

function commandLine(pid: number | null): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
}
