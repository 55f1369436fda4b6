import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Keeper } from './keeper.ts';
import { waitUntil } from './wait-until.ts';

/** The largest gaps between the ticks of a guest; docs/testing.md tells what each clock can see. */
export interface Gaps {
  readonly ticks: number;
  /** Between two ticks as they came to the host. */
  readonly hostMs: number;
  /** Between two rounds of the guest's loop, by the guest's own clock. */
  readonly guestMs: number;
}

/** Sees how long a guest stands still: the guest sends a tick every millisecond, a process beside the test takes their times. */
export interface PauseMeter {
  /** The gaps since this was asked last. */
  ask(): Promise<Gaps>;
  /** Waits until ticks come and forgets the gaps so far. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

const runTs = join(import.meta.dirname, '../../scripts/run-ts.mjs');
const program = join(import.meta.dirname, '../fixtures/watch-ticks.ts');

function socketOf(scratch: string): string {
  return join(scratch, 'ticks.sock');
}

/** What a Linux machine needs on its command line to send ticks. */
export function listTickArguments(scratch: string): string[] {
  const socket = `socket,id=ticks0,path=${socketOf(scratch)},server=on,wait=off`;
  return ['-chardev', socket, '-device', 'virtserialport,bus=channels.0,chardev=ticks0,name=bothy.ticks'];
}

/** Has a booted guest send ticks and starts to take their times. */
export async function startPauseMeter(keeper: Keeper, scratch: string): Promise<PauseMeter> {
  const child = spawn(process.execPath, [runTs, program, socketOf(scratch)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const ask = async (): Promise<Gaps> => {
    const line = once(lines, 'line') as Promise<[string]>;
    child.stdin.write('\n');
    return JSON.parse((await line)[0]) as Gaps;
  };
  const settle = async (): Promise<void> => {
    await waitUntil('ticks of the guest', async () => (await ask()).ticks > 0, { intervalMs: 100 });
    await ask();
  };
  await ask();
  await keeper.run('gaps >/dev/virtio-ports/bothy.ticks & true');
  await settle();
  return {
    ask,
    settle,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
