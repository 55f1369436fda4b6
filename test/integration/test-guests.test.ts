import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { getAgentGuest, getDemoGuest, getGrubIso, getLinuxGuest } from '../guests/index.ts';
import { qemuImg } from '../kit/disk-images.ts';
import { RawQemu } from '../kit/raw-qemu.ts';
import { skipWithoutGuests } from '../kit/skip-without-guests.ts';
import { useTestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';

const devices = ['-vga', 'none', '-device', 'virtio-vga', '-device', 'qemu-xhci', '-device', 'usb-tablet'];

async function start(scratch: string, args: readonly string[]): Promise<RawQemu> {
  const qemu = await RawQemu.start(scratch, [...devices, ...args]);
  onTestFinished(() => qemu.kill());
  return qemu;
}

test('the Linux guest has a shell on both consoles, sees input, and obeys the power button', async (context) => {
  skipWithoutGuests(context);
  const home = useTestHome();
  const { kernel, initrd, append } = await getLinuxGuest();
  const direct = ['-kernel', kernel, '-initrd', initrd, '-append', `${append} bothy.input`];
  const cdrom = ['-drive', `if=ide,media=cdrom,format=raw,read-only=on,file=${await getGrubIso()}`];
  const net = ['-nic', 'user,model=virtio-net-pci'];
  const qemu = await start(home.scratch, [...direct, ...cdrom, ...net]);
  await qemu.waitForSerial(/bothy-guest-ready[\s\S]*guest# /);
  qemu.send('echo $((6 * 7))-serial; mount -t iso9660 /dev/sr0 /mnt; ls /mnt');
  await qemu.waitForSerial(/42-serial\r?\n[\s\S]*boot/);
  await waitUntil(
    'an address',
    () => {
      qemu.send('ip -4 addr show eth0');
      return qemu.serial.includes('10.0.2.15');
    },
    { intervalMs: 500 },
  );

  // The shell on the screen answers on the serial line.
  for (const key of 'e c h o spc m o n i t o r spc shift-dot spc slash d e v slash t t y shift-s 0 ret'.split(' '))
    qemu.monitor(`sendkey ${key}`);
  await qemu.waitForSerial(/keyboard .*: 1 28 1/);
  await qemu.waitForSerial(/^monitor\r?$/m);

  qemu.monitor('system_powerdown');
  expect(await qemu.waitForExit()).toBe(0);
});

test('the agent guest answers its agent', async (context) => {
  skipWithoutGuests(context);
  const home = useTestHome();
  const { kernel, initrd, append } = await getAgentGuest();
  const socketPath = join(home.scratch, 'agent.sock');
  const agent = ['-device', 'virtio-serial-pci', '-chardev', `socket,id=agent,path=${socketPath},server=on,wait=off`];
  const port = ['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'];
  const qemu = await start(home.scratch, ['-kernel', kernel, '-initrd', initrd, '-append', append, ...agent, ...port]);
  await qemu.waitForSerial(/bothy-guest-ready/);
  const client = connect(socketPath).setEncoding('utf8');
  onTestFinished(() => void client.destroy());
  let answer = '';
  client.on('data', (text: string) => {
    answer += text;
  });
  client.write('{"execute":"guest-ping"}\n{"execute":"guest-get-host-name"}\n');
  await waitUntil('the answer of the agent', () => answer.includes('bothy-guest'));
});

test('the demo guest formats its disk once, keeps what is written to /data, and powers off', async (context) => {
  skipWithoutGuests(context);
  const home = useTestHome();
  const { kernel, initrd, append } = await getDemoGuest();
  const disk = join(home.scratch, 'disk.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', disk, '1G');
  const boot = ['-kernel', kernel, '-initrd', initrd, '-append', append, '-drive', `if=virtio,format=qcow2,file=${disk}`];

  const first = await start(home.scratch, [...boot, '-nic', 'user,model=virtio-net-pci']);
  await first.waitForSerial(/demo:~# /);
  first.send('whoami; ip -4 addr show eth0; echo kept >/data/note; poweroff');
  expect(await first.waitForExit()).toBe(0);
  expect(first.serial).toMatch(/root\r?\n[\s\S]*10\.0\.2\.15/);

  const second = await start(home.scratch, [...boot, '-nic', 'none']);
  await second.waitForSerial(/demo:~# /);
  second.send('grep " /data " /proc/mounts; cat /data/note');
  await second.waitForSerial(/vda \/data ext4[\s\S]*^kept\r?$/m);
  second.monitor('system_powerdown');
  expect(await second.waitForExit()).toBe(0);
});

test('the GRUB ISO is there', async (context) => {
  skipWithoutGuests(context);
  expect(
    readFileSync(await getGrubIso())
      .subarray(32769, 32774)
      .toString(),
  ).toBe('CD001');
});
