import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { machineInfoSchema } from '../../../contract/machine.ts';
import { relationsSchema } from '../../../contract/snapshot.ts';
import { findObstacle } from '../../../scripts/guests/apt.ts';
import { getGrubIso, getLinuxGuest } from '../../guests/index.ts';
import { runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { useTestHome } from '../../kit/test-home.ts';

// Built once, and then kept; that takes longer than a test may.
beforeAll(async () => {
  if (findObstacle() === undefined) await Promise.all([getLinuxGuest(), getGrubIso()]);
}, 300_000);

beforeEach((context) => skipWithoutGuests(context));

test('Linux by a direct kernel: a command typed through the console has its answer', async () => {
  const home = useTestHome();
  const { kernel, initrd, append } = await getLinuxGuest();
  const source = ['--kernel', kernel, '--initrd', initrd, '--append', append, '--disk', '0'];
  const options = ['--memory', '256M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];
  await runBothyJson(home, ['create', 'demo', ...source, ...options, '--start']);
  await runBothyJson(home, ['wait', 'demo', '--for', 'serial:bothy-guest-ready', '--timeout', '80']);
  const result = await runBothy(home, ['console', 'demo', '--linger', '3'], { input: 'echo answer-$((6 * 7))\n' });
  expect(result.stdout).toContain('answer-42');
  const info = machineInfoSchema.parse(await runBothyJson(home, ['set', 'demo', 'append=console=ttyS0 debug']));
  expect(info.definition?.kernel).toEqual({ kernel, initrd, append: 'console=ttyS0 debug' });
  await runBothyJson(home, ['shutdown', 'demo']);
  await runBothyJson(home, ['wait', 'demo', '--for', 'off']);
});

test('an ISO is known by its content, whatever its name', async () => {
  const home = useTestHome();
  const iso = await getGrubIso();
  await runBothyJson(home, ['create', 'demo', '--from', iso, '--disk', '0']);
  const info = machineInfoSchema.extend(relationsSchema.shape).parse(await runBothyJson(home, ['info', 'demo']));
  expect(info).toMatchObject({ disks: [], definition: { cdrom: iso } });
  expect((await runBothy(home, ['set', 'demo', 'cdrom=none'])).exitCode).toBe(0);
  expect((await runBothy(home, ['set', 'demo', 'cdrom=missing.iso'])).stderr).toContain(join(home.scratch, 'missing.iso'));
});
