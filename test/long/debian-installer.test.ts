import { expect, test } from 'vitest';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { getDebianInstaller } from '../guests/index.ts';
import { quickAppend } from '../guests/quick-boot.ts';
import { shareBrowser } from '../kit/browser.ts';
import { qemuImg } from '../kit/disk-images.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { requireOrSkip } from '../kit/require-tool.ts';
import { saveScreenshot } from '../kit/save-screenshot.ts';
import { compareSimilarity, type Picture, takeScreendump, waitForSamePicture } from '../kit/screen.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitForText, waitUntil } from '../kit/wait-until.ts';

const browser = shareBrowser();

test('the Debian installer: language, country and keyboard chosen through the console', async (context) => {
  requireOrSkip(context, findObstacle() === undefined, findObstacle() ?? '');
  const { kernel, initrd } = await getDebianInstaller();
  const window = await openWindow(browser());
  const { page, home } = window;
  // Company for the pictures that show the window: what a list looks like in use.
  const small = { source: { type: 'empty' }, memoryMiB: 64, cpus: 1, accelerator: 'tcg' } as const;
  for (const [name, tags] of Object.entries({ 'build-box': ['work'], 'fedora-try': [], 'web-1': ['work'] }))
    await window.face.client.call.machine.create({ ...small, name, tags });
  await window.bothy('start', 'build-box');
  await page.getByRole('banner').getByRole('button', { name: 'New machine' }).click();
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  await dialog.getByRole('radio', { name: 'Linux kernel' }).click();
  await dialog.getByRole('textbox', { name: 'Kernel', exact: true }).fill(kernel);
  await dialog.getByRole('textbox', { name: 'Initrd' }).fill(initrd);
  // The picture is the installer's; what the kernel says goes to the serial line as well.
  await dialog
    .getByRole('textbox', { name: 'Kernel command line' })
    .fill(`console=ttyS0 console=tty0 vga=788 nokaslr no_timer_check mitigations=off ${quickAppend} DEBIAN_FRONTEND=newt`);
  // One emulated CPU does it sooner than two that wait for each other.
  await dialog.getByRole('textbox', { name: 'CPUs' }).fill('1');
  await dialog.getByRole('textbox', { name: 'Disk' }).fill('4');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('debian');
  await dialog.getByRole('button', { name: 'Create and start' }).click();
  const { id, disks, serial } = await waitForState(window, 'debian', 'running');
  expect(
    (JSON.parse(qemuImg('info', '-U', '--output=json', disks[0]?.file ?? '')) as Record<string, unknown>)['virtual-size'],
  ).toBe(4 * 1024 ** 3);
  await waitForText(serial?.log ?? '', /Run \/init|Freeing unused kernel/, { timeoutMs: 90_000 });
  const canvas = page.getByTestId('screen').locator('canvas');
  let picture = await waitForDialog(home, id);
  await waitForSamePicture(home, id, canvas);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await saveScreenshot(page, `window-${scheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await canvas.click();

  const press = async (key: string, name: string) => {
    await page.keyboard.press(key, { delay: 30 });
    picture = await waitForDialog(home, id, picture);
    await waitForSamePicture(home, id, canvas);
    await saveScreenshot(page, name);
  };
  await press('ArrowDown', 'debian-1-language');
  await press('ArrowUp', 'debian-2-language-again');
  await press('Enter', 'debian-3-location');
  await press('Enter', 'debian-4-keyboard');
  // Then it looks for hardware, which takes an emulated machine long: that it took the answer is enough.
  await page.keyboard.press('Enter', { delay: 30 });
  await waitUntil('another picture', async () => compareSimilarity(await takeScreendump(home, id), picture) < 0.9, {
    intervalMs: 500,
    timeoutMs: 60_000,
  });
}, 300_000);

/** Waits for a dialog of the installer that is drawn to its end, other than a picture of before, and gives it. */
function waitForDialog(home: TestHome, id: string, before?: Picture): Promise<Picture> {
  let previous: Picture | undefined;
  return waitUntil(
    'a dialog of the installer',
    async () => {
      const picture = await takeScreendump(home, id);
      const isSteady = previous !== undefined && compareSimilarity(previous, picture) > 0.9995;
      previous = picture;
      const hasBox = measureShare(picture, (red, blue) => red === blue && red > 100) > 0.15;
      const isOnBlue = measureShare(picture, (red, blue) => red < 60 && blue > 100) > 0.02;
      const isNew = before === undefined || compareSimilarity(before, picture) < 0.997;
      return isSteady && hasBox && isOnBlue && isNew ? picture : undefined;
    },
    { intervalMs: 500, timeoutMs: 150_000 },
  );
}

function measureShare({ rgb }: Picture, fits: (red: number, blue: number) => boolean): number {
  let count = 0;
  for (let at = 0; at < rgb.length; at += 3) if (fits(rgb[at] ?? 0, rgb[at + 2] ?? 0)) count += 1;
  return (count * 3) / rgb.length;
}
