import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where guests are kept: BOTHY_TEST_CACHE, else `.cache/guests` of the checkout. */
export function getCacheFolder(): string {
  const folder = process.env['BOTHY_TEST_CACHE'] ?? join(import.meta.dirname, '../../.cache/guests');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Returns the folder `build` filled. It is built once for the same inputs (texts, and the content of `files`), by one
 * process while others wait, and appears only when complete.
 */
export async function buildOnce(
  name: string,
  inputs: { readonly texts: readonly string[]; readonly files: readonly string[] },
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const text of inputs.texts) hash.update(`${text}\0`);
  for (const file of inputs.files) hash.update(readFileSync(file)).update('\0');
  const cache = getCacheFolder();
  const target = join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(target)) return target;
  const lock = await lockName(target);
  try {
    if (existsSync(target)) return target;
    const folder = mkdtempSync(join(cache, '.build-'));
    try {
      chmodSync(folder, 0o755);
      await build(folder);
      renameSync(folder, target);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return target;
  } finally {
    await new Promise((resolve) => lock.close(resolve));
  }
}

/** An abstract socket: it needs no file, and it is free again when its holder is gone, however it went. */
async function lockName(target: string): Promise<Server> {
  const name = `\0bothy-test-guests-${createHash('sha256').update(target).digest('hex')}`;
  for (;;) {
    const server = createServer();
    const isHeld = await new Promise<boolean>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      server.listen(name, () => resolve(true));
    });
    if (isHeld) return server;
    await sleep(200);
  }
}
