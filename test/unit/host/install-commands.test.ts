import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildInstallHint, findInstallCommand, parseDistributions } from '../../../core/host/install-commands.ts';

/** The lines that matter of each distribution's own /etc/os-release. */
const osRelease = {
  debian:
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\n',
  ubuntu:
    'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.1 LTS (Noble Numbat)"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n',
  mint: 'NAME="Linux Mint"\nVERSION="22 (Wilma)"\nID=linuxmint\nID_LIKE="ubuntu debian"\nPRETTY_NAME="Linux Mint 22"\n',
  fedora:
    'NAME="Fedora Linux"\nVERSION="41 (Workstation Edition)"\nID=fedora\nVERSION_ID=41\nPLATFORM_ID="platform:f41"\nVARIANT_ID=workstation\n',
  alma: 'NAME="AlmaLinux"\nVERSION="9.4 (Seafoam Ocelot)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n',
  arch: 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n',
  manjaro: "NAME='Manjaro Linux'\nID=manjaro\nID_LIKE=arch\nBUILD_ID=rolling\n",
  tumbleweed: 'NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20241101"\n',
  leap: 'NAME="openSUSE Leap"\nVERSION="15.6"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n',
  nixos: 'ID=nixos\nNAME=NixOS\nVERSION_ID="24.05"\n',
};

test.each([
  ['debian', 'sudo apt-get install qemu-system-x86 qemu-utils ovmf chromium-headless-shell'],
  ['ubuntu', 'sudo apt-get install qemu-system-x86 qemu-utils ovmf chromium-browser'],
  ['mint', 'sudo apt-get install qemu-system-x86 qemu-utils ovmf chromium-browser'],
  ['fedora', 'sudo dnf install qemu-system-x86 qemu-img edk2-ovmf chromium'],
  ['alma', 'sudo dnf install qemu-kvm qemu-img edk2-ovmf chromium'],
  ['arch', 'sudo pacman -S --needed qemu-desktop qemu-img edk2-ovmf chromium'],
  ['manjaro', 'sudo pacman -S --needed qemu-desktop qemu-img edk2-ovmf chromium'],
  [
    'tumbleweed',
    'sudo zypper install qemu-x86 qemu-hw-display-virtio-vga qemu-seabios qemu-vgabios qemu-tools qemu-ovmf-x86_64 chromium',
  ],
  [
    'leap',
    'sudo zypper install qemu-x86 qemu-hw-display-virtio-vga qemu-seabios qemu-vgabios qemu-tools qemu-ovmf-x86_64 chromium',
  ],
] as const)('%s', (name, command) => {
  expect(findInstallCommand(osRelease[name], ['qemu', 'qemu-img', 'uefi', 'chromium'])).toBe(command);
});

test('a distribution that is not known gets advice instead of a wrong command', () => {
  expect(findInstallCommand(osRelease.nixos, ['qemu'])).toBeUndefined();
  expect(findInstallCommand('', ['qemu'])).toBeUndefined();
  expect(buildInstallHint('', ['qemu', 'uefi'])).toBe('Install qemu and uefi with your distribution’s package manager.');
  expect(findInstallCommand(osRelease.debian, [])).toBeUndefined();
});

test('reads quoted, single-quoted and bare values, and nothing else', () => {
  expect(parseDistributions('ID="debian"')).toEqual(['debian']);
  expect(parseDistributions("#ID=x\nXID=y\nID='arch'\n")).toEqual(['arch']);
  expect(parseDistributions('ID=Fedora\nID_LIKE="a  b"')).toEqual(['fedora', 'a', 'b']);
  expect(parseDistributions('ID="debian\nID_LIKE=$(reboot)')).toEqual(['$(reboot)']);
});

test('no text leads to a command with anything but known packages', () => {
  const known = /^sudo (apt-get install|dnf install|pacman -S --needed|zypper install) [a-z0-9_-]+( [a-z0-9_-]+)*$/;
  const bytes = fc.uint8Array({ maxLength: 50 }).map((list) => Buffer.from(list).toString('utf8'));
  const line = fc.tuple(
    fc.constantFrom('ID', 'ID_LIKE'),
    fc.oneof(bytes, fc.constantFrom('debian; rm', '"constructor"', '__proto__ arch')),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const command = findInstallCommand(lines.map(([key, value]) => `${key}=${value}`).join('\n'), ['qemu']);
      expect(command === undefined || known.test(command)).toBe(true);
    }),
  );
});
