import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { parkedCard } from '../agent/park-shell.ts';
import { runtimeFile } from '../storage/file-names.ts';
import { removeFile } from '../storage/remove.ts';

/** What a guest has yet to be told: all of who it is, or only what time it is, when it knows the rest and stood still since. */
export type News = 'all' | 'time';

/** A command takes about this long from here to the guest. */
const wayMs = 30;

/** Notes what the guest is to be told with the next command in it. */
export function noteNewcomer(runtimeFolder: string, news: News): void {
  writeFileSync(join(runtimeFolder, runtimeFile.newcomer), news, { mode: 0o600 });
}

/** The prelude if the guest has yet to be told something, else nothing. Whoever ran it says so with `forgetNewcomer`; told twice is no harm. */
export function findIdentityPrelude(
  runtimeFolder: string,
  machine: Pick<MachineConfiguration, 'name' | 'network'>,
): string | undefined {
  const news = findNews(runtimeFolder);
  if (news === undefined) return undefined;
  return news === 'time' ? buildTimeText() : buildIdentityPrelude(machine);
}

function findNews(runtimeFolder: string): News | undefined {
  try {
    return readFileSync(join(runtimeFolder, runtimeFile.newcomer), 'utf8') === 'time' ? 'time' : 'all';
  } catch {
    return undefined;
  }
}

/** Its guest knows who it is. */
export function forgetNewcomer(runtimeFolder: string): void {
  removeFile(join(runtimeFolder, runtimeFile.newcomer));
}

/**
 * Shell text that tells a Linux guest who it is: its name, its network card's address and the time. For any POSIX shell, as root;
 * what a guest lacks is left out, and nothing is said. Only the address and the time take a process each.
 */
function buildIdentityPrelude({ name, network }: Pick<MachineConfiguration, 'name' | 'network'>): string {
  return [
    `echo ${name} >/proc/sys/kernel/hostname`,
    `[ -w /etc/hostname ] && echo ${name} >/etc/hostname`,
    buildTimeText(),
    ...(network.mode === 'none' ? [] : [buildAddressText(network.mac)]),
  ].join('\n');
}

function buildTimeText(): string {
  return `date -s @${Math.round((Date.now() + wayMs) / 1000)}`;
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
