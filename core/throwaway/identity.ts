import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { parkedCard } from '../agent/park-shell.ts';
import { runtimeFile } from '../storage/file-names.ts';

/** A command takes about this long from here to the guest. */
const wayMs = 30;

/** The prelude if the guest has yet to be told, else nothing. Whoever ran it says so with `forgetNewcomer`; told twice is no harm. */
export function findIdentityPrelude(
  runtimeFolder: string,
  machine: Pick<MachineConfiguration, 'name' | 'network'>,
): string | undefined {
  return existsSync(join(runtimeFolder, runtimeFile.newcomer)) ? buildIdentityPrelude(machine) : undefined;
}

/** Its guest knows who it is. */
export function forgetNewcomer(runtimeFolder: string): void {
  rmSync(join(runtimeFolder, runtimeFile.newcomer), { force: true });
}

/**
 * Shell text that tells a Linux guest who it is: its name, its network card's address and the time. For any POSIX shell, as root;
 * what a guest lacks is left out, and nothing is said. Only the address and the time take a process each.
 */
export function buildIdentityPrelude({ name, network }: Pick<MachineConfiguration, 'name' | 'network'>): string {
  const seconds = Math.round((Date.now() + wayMs) / 1000);
  return [
    `echo ${name} >/proc/sys/kernel/hostname`,
    `[ -w /etc/hostname ] && echo ${name} >/etc/hostname`,
    `date -s @${seconds}`,
    ...(network.mode === 'none' ? [] : [buildAddressText(network.mac)]),
  ].join('\n');
}

/**
 * A machine has one card; what else the guest has are devices of its own, without hardware behind them. A shell that was parked knows
 * its name (core/agent/park-shell.ts); looking for it takes as long as starting a program. `ifconfig`, where there is one, asks for less than `ip`.
 */
function buildAddressText(mac: string): string {
  return `[ -n "$${parkedCard}" ] || for ${parkedCard} in /sys/class/net/*; do [ -e "$${parkedCard}/device" ] && break; done
${parkedCard}=\${${parkedCard}##*/}
ifconfig "$${parkedCard}" hw ether ${mac} || ip link set dev "$${parkedCard}" address ${mac}`;
}
