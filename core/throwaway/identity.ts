import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { runtimeFile } from '../storage/file-names.ts';

/** A command takes about this long from here to the guest. */
const wayMs = 30;

/** The prelude if the guest has yet to be told, else nothing. Whoever takes it runs it. */
export function takeIdentityPrelude(
  runtimeFolder: string,
  machine: Pick<MachineConfiguration, 'name' | 'network'>,
): string | undefined {
  const newcomer = join(runtimeFolder, runtimeFile.newcomer);
  if (!existsSync(newcomer)) return undefined;
  rmSync(newcomer, { force: true });
  return buildIdentityPrelude(machine);
}

/**
 * Shell text that tells a Linux guest who it is: its name, its network card's address and the time. For any POSIX shell, as root;
 * what a guest lacks is left out, and nothing is said. Only the address and the time take a process each.
 */
function buildIdentityPrelude({ name, network }: Pick<MachineConfiguration, 'name' | 'network'>): string {
  const seconds = Math.round((Date.now() + wayMs) / 1000);
  return [
    `echo ${name} >/proc/sys/kernel/hostname`,
    `[ -w /etc/hostname ] && echo ${name} >/etc/hostname`,
    `date -s @${seconds}`,
    ...(network.mode === 'none' ? [] : [buildAddressText(network.mac)]),
  ].join('\n');
}

/** A machine has one card; what else the guest has are devices of its own, without hardware behind them. */
function buildAddressText(mac: string): string {
  const change = `ip link set dev "\${i##*/}" address ${mac}`;
  return `for i in /sys/class/net/*; do [ -e "$i/device" ] && read -r a <"$i/address" && [ "$a" != ${mac} ] && ${change}; done`;
}
