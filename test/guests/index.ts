import { join } from 'node:path';
import { unpackPackages } from '../../scripts/guests/apt.ts';
import { buildDebianGuest } from '../../scripts/guests/debian-guest.ts';
import { buildDemoGuest } from '../../scripts/guests/demo-guest.ts';
import type { KernelGuest } from '../../scripts/guests/linux-parts.ts';
import { buildDebianInstaller, type Installer } from './debian-installer.ts';
import { buildLinuxGuest } from './linux-guest.ts';
import { buildQuickDemoGuest } from './quick-demo-guest.ts';

/** Linux with a shell on the serial line and on the screen. It prints `bothy-guest-ready` on the serial line. */
export function getLinuxGuest(): Promise<KernelGuest> {
  return buildLinuxGuest({ hasAgent: false });
}

/** The same with the QEMU guest agent on the port `org.qemu.guest_agent.0`. */
export function getAgentGuest(): Promise<KernelGuest> {
  return buildLinuxGuest({ hasAgent: true });
}

/** The small guest of `npm run demo:template`, with the agent and its disk at /data. */
export function getDemoGuest(): Promise<KernelGuest> {
  return buildDemoGuest();
}

/** The same as that, booted faster: for tests that are not about it. */
export function getQuickDemoGuest(): Promise<KernelGuest> {
  return buildQuickDemoGuest();
}

/**
 * A qcow2 image of a real Debian: systemd, SSH server and guest agent, a root shell on the serial line. Boots by BIOS, wants 1 GiB of
 * memory. Making it takes root: see `skipWithoutDebian()`.
 */
export function getDebianGuest(): Promise<string> {
  return buildDebianGuest();
}

/** A bootable ISO: GRUB's menu and shell. */
export async function getGrubIso(): Promise<string> {
  return join(await unpackPackages(['grub-rescue-pc']), 'usr/lib/grub-rescue/grub-rescue-cdrom.iso');
}

/** The text installer of Debian. */
export function getDebianInstaller(): Promise<Installer> {
  return buildDebianInstaller();
}
