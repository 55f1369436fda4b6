import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { shareBrowser } from '../kit/browser.ts';
import { startLinux, waitForShell } from '../kit/linux-machine.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { isProcessAlive } from '../kit/processes.ts';
import { requireOrSkip } from '../kit/require-tool.ts';
import { waitForSamePicture } from '../kit/screen.ts';
import { typeKeys } from '../kit/type-keys.ts';
import { waitForText } from '../kit/wait-until.ts';
import { openWebFace } from '../kit/web-face.ts';

const browser = shareBrowser();

test('a machine outlives its window and its server, and the consoles come back', async (context) => {
  requireOrSkip(context, findObstacle() === undefined, findObstacle() ?? '');
  const window = await openWindow(browser());
  const { home, face } = window;
  const machine = await startLinux(window, 'linux');
  const { id, pid } = machine;
  const log = machine.serial?.log ?? '';

  // The page goes while the machine boots; a new one finds it running.
  await window.page.goto(`http://127.0.0.1:${face.port}/#/machine/${id}/console`);
  await window.page.close();
  await waitForShell(machine);
  const page = await window.openPage();
  await page.getByRole('option', { name: 'linux, Running' }).click();
  await page.getByRole('tab', { name: 'Console' }).click();
  const canvas = page.getByTestId('screen').locator('canvas');
  await waitForSamePicture(home, id, canvas);
  await canvas.click();
  await typeKeys(page, 'echo $((40 + 1))-again >/dev/ttyS0\n');
  await waitForText(log, /41-again/);
  // From here on the serial line shows whatever it is sent.
  await page.getByText('Serial', { exact: true }).click();
  await page.locator('[data-testid=serial][data-phase=connected]').click();
  await typeKeys(page, 'cat\n');
  await waitForText(log, /^cat\r?$/m);
  await page.getByText('Screen', { exact: true }).click();

  // The server is killed, and another takes its port.
  face.process.kill('SIGKILL');
  await once(face.process, 'exit');
  await page.getByText('The connection to Bothy is lost.').waitFor();
  expect(isProcessAlive(pid ?? 0)).toBe(true);
  const successor = await openWebFace(home.environment, face.port);
  onTestFinished(() => successor.close());
  const refusal = page.getByText('Open the address that `bothy serve` printed last.').first();
  await refusal.waitFor();
  const other = await page.context().newPage();
  await other.goto(successor.url);
  await other.getByRole('option', { name: 'linux, Running' }).waitFor();
  await other.close();
  // Now that the browser is let in, the old page finds back by itself.
  await refusal.waitFor({ state: 'hidden' });
  await page.locator('[data-testid=screen][data-phase=connected]').waitFor();
  await canvas.click();
  await typeKeys(page, 'echo $((40 + 2))-bridge | tee /dev/ttyS0\n');
  await waitForText(log, /42-bridge/);
  await waitForSamePicture(home, id, canvas);

  // Another tab and back, on both consoles.
  await page.getByText('Serial', { exact: true }).click();
  const terminal = page.getByTestId('serial').locator('.xterm-rows');
  await terminal.getByText('42-bridge').waitFor();
  // What the line had asked its terminal before is not answered again with each connection.
  expect(readFileSync(log, 'utf8')).not.toMatch(/\^\[\[\d/);
  await page.getByTestId('serial').click();
  await page.keyboard.press('Control+c');
  await page.getByRole('tab', { name: 'Overview' }).click();
  await page.getByRole('region', { name: 'Disks' }).waitFor();
  await page.getByRole('tab', { name: 'Console' }).click();
  await terminal.getByText('42-bridge').waitFor();
  await page.getByTestId('serial').click();
  await typeKeys(page, 'echo $((40 + 3))-tabs\n');
  await terminal.getByText('43-tabs').waitFor();

  // The machine goes off and on; the page is not loaded again.
  expect((await window.info('linux')).pid).toBe(pid);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Force off…' }).click();
  await page.getByRole('dialog', { name: 'Force linux off?' }).getByRole('button', { name: 'Force off' }).click();
  await waitForState(window, 'linux', 'off');
  expect(isProcessAlive(pid ?? 0)).toBe(false);
  await page.getByText('this is what its line printed last').waitFor();
  await terminal.getByText('43-tabs').waitFor();
  await page.getByRole('article').getByRole('button', { name: 'Start' }).first().click();
  const again = await waitForState(window, 'linux', 'running');
  expect(again.pid).not.toBe(pid);
  await waitForShell(again);
  await terminal.getByText('guest# bothy-guest-ready').waitFor();
  await page.getByTestId('serial').click();
  await typeKeys(page, 'echo $((40 + 4))-restarted | tee /dev/tty1\n');
  await terminal.getByText('44-restarted').waitFor();
  await page.getByText('Screen', { exact: true }).click();
  await waitForSamePicture(home, id, canvas);
});
