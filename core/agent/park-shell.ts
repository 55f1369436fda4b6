import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withMonitor } from '../qemu/with-monitor.ts';
import { commandChannels } from '../storage/file-names.ts';
import { connectInTurn } from './agent-socket.ts';
import { askAgent } from './run-script.ts';

/** The channel a parked shell reads its script from: an input that only a second command at the same time needs. */
const parkingChannel = 'in1';
/** How long the sockets of a QEMU that answers may be in coming, and the guest in starting a shell. */
const patienceMs = 5000;
const lookMs = 10;

/** By this word in its arguments a parked shell is found again in the guest; busybox' grep finds it on a line of its own only. */
export const parkedMark = 'bothy-parked-shell';

/** The variable in which the script of a parked shell finds the name of the guest's network card. */
export const parkedCard = 'bothy_card';

/**
 * Starts a shell in the guest whose script is a channel, and which so waits for its first line. Frozen with the guest's memory it
 * waits in every clone, and a clone's first command needs neither the agent nor a new shell, which under emulation take most of the time there
 * is. It waits as long as the channel is held; let go of, it reads the end of its script and is gone. Undefined where the guest cannot do that.
 */
export async function parkShell(runtimeFolder: string): Promise<Socket | undefined> {
  const channel = await holdParkingChannel(runtimeFolder);
  try {
    await askAgent(runtimeFolder, 'guest-exec', { path: '/bin/sh', arg: ['-c', parkingScript] }, patienceMs);
    if (await waitUntilParked(runtimeFolder)) return channel;
  } catch {
    // No agent, no shell, or no channels in this guest.
  }
  channel.destroy();
  return undefined;
}

/** Holds the channel of a shell that is parked in memory about to be loaded, which else would find it closed. */
export async function holdParkingChannel(runtimeFolder: string): Promise<Socket> {
  const name = commandChannels.find((channel) => channel.name === parkingChannel)?.socket ?? '';
  const path = join(runtimeFolder, name);
  for (const deadline = performance.now() + patienceMs; ; await delay(1)) {
    try {
      const socket = await connectInTurn(path, deadline);
      // Nobody reads what goes the other way.
      socket.resume();
      socket.on('error', () => socket.destroy());
      socket.unref();
      return socket;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // QEMU opens its sockets one after the other.
      if ((code !== 'ENOENT' && code !== 'ECONNREFUSED') || performance.now() > deadline) throw error;
    }
  }
}

/** Gives a shell that waits its script. It says nothing in answer; the channel has to be held until it has read it. */
export function tellParkedShell(channel: Socket, script: string): void {
  channel.write(`${parkedCard}=$2\n${script}\n`);
}

/** What it is good for to know is found now: its second word is the name of the guest's network card, of which a machine has one. */
const parkingScript = `i=/dev/virtio-ports/dev.bothy.${parkingChannel}
[ -c "$i" ] || for p in /sys/class/virtio-ports/*; do
read -r n <"$p/name" && [ "$n" = dev.bothy.${parkingChannel} ] && i=/dev/\${p##*/}
done
[ -c "$i" ] || exit 1
for n in /sys/class/net/*; do [ -e "$n/device" ] && break; done
exec /bin/sh "$i" '
${parkedMark}' "\${n##*/}"`;

/** QEMU knows whether the guest has a channel open. */
async function waitUntilParked(runtimeFolder: string): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(lookMs)) {
    const devices = await withMonitor(runtimeFolder, (monitor) =>
      monitor.execute<{ label: string; 'frontend-open': boolean }[]>('query-chardev'),
    );
    if (devices.some((device) => device.label === parkingChannel && device['frontend-open'])) return true;
  }
  return false;
}
