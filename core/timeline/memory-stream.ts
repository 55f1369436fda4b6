/// <reference path="./raw-text.d.ts" />
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import receiverProgram from '../../assets/memory-receiver/receive-memory.mjs?raw';
import { AppError } from '../../contract/app-error.ts';

/** A process that takes what QEMU sends of a machine's memory and writes it to a file. */
export interface MemoryReceiver {
  /** The URI for QMP's `migrate`. */
  readonly uri: string;
  /**
   * Waits until QEMU has closed its end and the file is on the disk, and gives its bytes. Only then the file is written out to the
   * disk, which holds up whatever else is on it. Rejects when that failed.
   */
  finish(): Promise<number>;
  /** Lets go of it. It ends by itself: at once when QEMU never connected, else with QEMU's stream. */
  close(): void;
}

/** A process that hears nothing for this long is on a host that stands still. */
const readyTimeoutMs = 30_000;

/**
 * Starts a receiver and waits until QEMU can connect. It is a process of its own: writing gigabytes holds up
 * nobody. QEMU's own `exec:` would be simpler, but its sandbox kills QEMU for that.
 */
export async function receiveMemory(socketPath: string, file: string): Promise<MemoryReceiver> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', receiverProgram, socketPath, file], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
    // What Electron needs to be plain Node.
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
  const said = listen(child);
  const received = said.end.then(readResult);
  // Whoever waits for it is told; nobody else is to be surprised.
  received.catch(() => {});
  const timer = setTimeout(() => child.kill('SIGKILL'), readyTimeoutMs);
  try {
    await Promise.race([said.ready, received]);
  } finally {
    clearTimeout(timer);
  }
  return {
    uri: `unix:${socketPath}`,
    finish: () => {
      child.stdin?.end();
      return received;
    },
    close: () => {
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.unref();
    },
  };
}

/** The lines of the receiver: `ready`, and the last one; empty when it ended without a word. */
function listen(child: ChildProcess): { ready: Promise<void>; end: Promise<string> } {
  let markReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });
  const end = new Promise<string>((resolve) => {
    let last = '';
    child.once('error', ({ message }) => resolve(message));
    child.stdin?.on('error', () => {});
    if (child.stdout === null) return;
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      if (line === 'ready') markReady();
      else last = line;
    });
    lines.once('close', () => resolve(last));
  });
  return { ready, end };
}

function readResult(line: string): number {
  const bytes = /^received ([0-9]+)$/.exec(line)?.[1];
  if (bytes !== undefined) return Number(bytes);
  const code = /^failed ([A-Z]+)$/.exec(line)?.[1];
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    throw new AppError('not-enough-space', 'The memory was not saved: the disk is full.', { hint: 'Make room and try again.' });
  }
  throw new AppError('qemu-failed', `The memory was not saved: ${code ?? (line || 'its receiver was killed')}.`, {
    hint: 'Try again; the machine goes on as before.',
  });
}
