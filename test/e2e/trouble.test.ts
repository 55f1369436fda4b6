import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import type { DoctorReport } from '../../contract/host.ts';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { getLinuxGuest } from '../guests/index.ts';
import { shareBrowser } from '../kit/browser.ts';
import { qemuImg, writeIsoImage } from '../kit/disk-images.ts';
import { openWindow, waitForState } from '../kit/open-window.ts';
import { requireOrSkip } from '../kit/require-tool.ts';
import { saveScreenshot } from '../kit/save-screenshot.ts';

const browser = shareBrowser();

test('the New machine dialog says what is wrong where it is wrong, and nothing is made', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  const iso = writeIsoImage(join(home.scratch, 'good.iso'));
  const text = join(home.scratch, 'notes.iso');
  writeFileSync(text, 'not an image\n'.repeat(1000));
  const base = join(home.scratch, 'base.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', base, '1M');
  const overlay = join(home.scratch, 'overlay.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', overlay);
  await window.bothy('create', 'taken', '--disk', '0');

  await page.getByRole('banner').getByRole('button', { name: 'New machine' }).click();
  const dialog = page.getByRole('dialog', { name: 'New machine' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  const file = dialog.getByRole('textbox', { name: 'ISO file' });
  const create = dialog.getByRole('button', { name: /^Create/ });

  // Nothing filled in: the first field that lacks something is said and focused.
  await create.click();
  await expectInvalid(file);
  await file.fill(iso);
  for (const [bad, words] of [
    ['taken', /Another machine/],
    ['', /name/i],
    ['x'.repeat(300), /63/],
    ['a/b', /letter/],
    ['..', /starts with a letter/],
    ['two words', /letter/],
    ['😀', /letter/],
  ] as const) {
    await name.fill(bad);
    await create.click();
    await expectInvalid(name);
    await dialog.locator('.mantine-TextInput-error').getByText(words).waitFor();
  }
  await name.fill('good');

  await expectRefusal(dialog, () => file.fill('/no/such/file.iso'), create, /\/no\/such\/file\.iso/);
  await expectRefusal(dialog, () => file.fill(home.scratch), create, /scratch/);
  await expectRefusal(dialog, () => file.fill(text), create, /notes\.iso/);
  await dialog.getByRole('radio', { name: 'Disk image' }).click();
  await expectRefusal(
    dialog,
    () => dialog.getByRole('textbox', { name: 'Disk image' }).fill(overlay),
    create,
    /base\.qcow2|backing/,
  );
  await saveScreenshot(page, 'new-machine-refused');
  await dialog.getByRole('radio', { name: 'ISO', exact: true }).click();
  await file.fill(iso);
  const memory = dialog.getByRole('textbox', { name: 'Memory' });
  await memory.fill('90000000');
  await create.click();
  await expectInvalid(memory);
  await memory.fill('64');
  const cpus = dialog.getByRole('textbox', { name: 'CPUs' });
  await cpus.fill('0');
  await create.click();
  await expectInvalid(cpus);
  await cpus.fill('10000');
  await create.click();
  await expectInvalid(cpus);

  expect(((await window.bothy('list')) as { name: string }[]).map((machine) => machine.name)).toEqual(['taken']);
  // All of it was in the dialog, so it can still be put right.
  await cpus.fill('1');
  await dialog.getByText('Start it after creation').click();
  await create.click();
  await page.getByRole('option', { name: 'good, Off' }).waitFor();
  expect((await window.info('good')).definition?.cdrom).toBe(iso);
});

test('a QEMU that refuses to start is quoted, with the next step', async () => {
  const window = await openWindow(browser());
  const { page } = window;
  await window.bothy(
    'create',
    'odd',
    '--disk',
    '0',
    '--memory',
    '64M',
    '--accelerator',
    'tcg',
    '--qemu-arg=-device',
    '--qemu-arg=no-such-thing',
  );
  await page.getByRole('option', { name: 'odd, Off' }).click();
  await page.getByRole('button', { name: 'Start' }).first().click();
  const alert = page.getByRole('alert').filter({ hasText: '“odd” did not start' });
  await alert.getByText('Look at the extra QEMU arguments').waitFor();
  await alert.getByText('Details', { exact: true }).click();
  await alert.getByText(/'no-such-thing' is not a valid device model name/).waitFor();
  await saveScreenshot(page, 'start-refused');
  const failed = await window.info('odd');
  expect(failed.state === 'off' || failed.state === 'crashed').toBe(true);
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('textbox', { name: 'Extra arguments' }).fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Save' }).waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Start' }).first().click();
  await waitForState(window, 'odd', 'running');
});

test('a machine that cannot be read is shown as broken, and the others work', async () => {
  const window = await openWindow(browser());
  const { page, home } = window;
  await window.bothy('create', 'whole', '--disk', '0', '--memory', '64M', '--accelerator', 'tcg');
  for (const [id, content] of [
    ['cuthalf00000', '{"schemaVersion":1,"id":"cuthalf0'],
    ['fromlater000', '{"schemaVersion":99,"id":"fromlater000","name":"later"}'],
  ] as const) {
    const folder = join(home.folder, 'machines', id);
    mkdirSync(folder);
    writeFileSync(join(folder, 'machine.json'), content);
  }
  const broken = page.getByRole('option', { name: /, Broken$/ });
  await expect.poll(() => broken.count()).toBe(2);
  await broken.first().click();
  await page.getByRole('alert').first().waitFor();
  await page.getByText(join(home.folder, 'machines')).first().waitFor();
  await saveScreenshot(page, 'broken-machine');
  await page.getByRole('option', { name: 'whole, Off' }).click();
  await page.getByRole('button', { name: 'Start' }).first().click();
  await waitForState(window, 'whole', 'running');
  expect(existsSync(join(home.folder, 'machines/cuthalf00000/machine.json'))).toBe(true);
});

test('where KVM does not work, automatic says why it is emulated, and forced KVM is no black window', async (context) => {
  const window = await openWindow(browser());
  const { page } = window;
  const { kvm } = (await window.bothy('doctor')) as DoctorReport;
  if (kvm.usable) context.skip('KVM works on this host, so there is nothing to explain');
  await window.bothy('create', 'auto', '--disk', '0', '--memory', '64M', '--start');
  await page.getByRole('option', { name: 'auto, Running' }).click();
  const { notice } = await window.info('auto');
  expect(notice).not.toBeNull();
  await page.getByText(notice ?? '').waitFor();
  if (kvm.reason === 'no-device' || kvm.reason === 'no-permission') context.skip(`KVM cannot be forced here: ${kvm.message}`);

  requireOrSkip(context, findObstacle() === undefined, findObstacle() ?? '');
  const { kernel, initrd, append } = await getLinuxGuest();
  const boot = ['--kernel', kernel, '--initrd', initrd, '--append', append];
  await window.bothy('create', 'forced', ...boot, '--memory', '512M', '--cpus', '1', '--accelerator', 'kvm');
  await page.getByRole('option', { name: 'forced, Off' }).click();
  await page.getByRole('tab', { name: 'Console' }).click();
  await page.getByRole('button', { name: 'Start' }).first().click();
  await page
    .getByRole('article')
    .getByText(/accelerator.*tcg|tcg/i)
    .filter({ visible: true })
    .first()
    .waitFor({ timeout: 60_000 });
  await saveScreenshot(page, 'forced-kvm');
});

async function expectInvalid(field: Locator): Promise<void> {
  await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true');
}

/** Fills something in, sends it, and waits for the words in the dialog. */
async function expectRefusal(dialog: Locator, fill: () => Promise<void>, send: Locator, words: RegExp): Promise<void> {
  await fill();
  await send.click();
  await dialog.getByRole('alert').getByText(words).first().waitFor();
}
