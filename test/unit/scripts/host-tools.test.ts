import { describe, expect, it } from 'vitest';
import { buildInstallCommands } from '../../../scripts/set-up/host-tools.mjs';

const things = ['qemu', 'qemu-img', 'uefi'];

describe('install commands', () => {
  it.each([
    ['ID=debian', 'sudo apt-get update && sudo apt-get install --yes --no-install-recommends qemu-system-x86 qemu-utils ovmf'],
    [
      'ID=linuxmint\nID_LIKE="ubuntu debian"',
      'sudo apt-get update && sudo apt-get install --yes --no-install-recommends qemu-system-x86 qemu-utils ovmf',
    ],
    ['ID=fedora\nVERSION_ID=42', 'sudo dnf install --assumeyes qemu-system-x86 qemu-img edk2-ovmf'],
    ['ID="almalinux"\nID_LIKE="rhel centos fedora"', 'sudo dnf install --assumeyes qemu-kvm qemu-img edk2-ovmf'],
    ['ID=arch', 'sudo pacman -S --needed --noconfirm qemu-desktop qemu-img edk2-ovmf'],
    [
      'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"',
      'sudo zypper install --no-confirm qemu-x86 qemu-hw-display-virtio-vga qemu-seabios qemu-vgabios qemu-tools qemu-ovmf-x86_64',
    ],
  ])('for %s', (osRelease, command) => {
    expect(
      buildInstallCommands(osRelease, things, false)
        .map((words) => words.join(' '))
        .join(' && '),
    ).toBe(command);
  });

  it('need no sudo for root', () => {
    expect(buildInstallCommands('ID=fedora', ['qemu-img'], true)).toEqual([['dnf', 'install', '--assumeyes', 'qemu-img']]);
  });

  it('are unknown for an unknown distribution', () => {
    expect(buildInstallCommands('ID=plan9', things, false)).toEqual([]);
  });
});
