import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { getDebianGuest } from '../guests/index.ts';
import { qemuImg } from '../kit/disk-images.ts';
import { RawQemu } from '../kit/raw-qemu.ts';
import { skipWithoutDebian } from '../kit/skip-without-guests.ts';
import { useTestHome } from '../kit/test-home.ts';

test('the Debian guest boots from its disk to a root shell, and obeys the power button', async (context) => {
  skipWithoutDebian(context);
  const home = useTestHome();
  const disk = join(home.scratch, 'disk.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', '-b', await getDebianGuest(), '-F', 'qcow2', disk);
  const drive = ['-drive', `if=virtio,format=qcow2,file=${disk}`];
  const qemu = await RawQemu.start(home.scratch, ['-vga', 'none', '-m', '1024', ...drive, '-nic', 'user']);
  onTestFinished(() => qemu.kill());
  await qemu.waitForSerial(/root@debian:~# /, { timeoutMs: 150_000 });
  qemu.send('systemctl is-active ssh; findmnt -no SOURCE,OPTIONS /');
  await qemu.waitForSerial(/^active\r?$[\s\S]*vda1 +rw/m);
  qemu.monitor('system_powerdown');
  expect(await qemu.waitForExit()).toBe(0);
});
