import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootFolder } from '../source-files.mjs';

/**
 * Runs a program in the checkout and gives its exit code; with `isQuiet` its output is kept and comes with the result.
 * @param {readonly string[]} argv
 * @param {{ isQuiet?: boolean, env?: Record<string, string | undefined>, signal?: AbortSignal }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runStep([program = '', ...args], { isQuiet = false, env, signal } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: rootFolder,
      stdio: isQuiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, ...env },
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Lets one set-up of this checkout work at a time. The lock is an abstract socket, which is free again when its holder is gone.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetUpLock(work) {
  const name = `\0bothy-set-up-${createHash('sha256').update(rootFolder).digest('hex')}`;
  for (let isToldOfWait = false; ; isToldOfWait = true) {
    const server = createServer();
    const isHeld = await new Promise((resolve) => {
      server.once('error', () => resolve(false)).listen(name, () => resolve(true));
    });
    if (isHeld) {
      try {
        return await work();
      } finally {
        server.close();
      }
    }
    if (!isToldOfWait) console.log('Waiting for another set-up of this checkout.');
    await sleep(300);
  }
}
