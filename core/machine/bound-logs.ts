import { closeSync, openSync, readSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineFile } from '../storage/file-names.ts';

const limitBytes = 64 * 1024 * 1024;
const keptBytes = 1024 * 1024;

/**
 * Cuts the logs of a running machine that have grown too large, so that a guest that prints without end does not fill the
 * host's disk while anybody looks. QEMU appends, so it goes on at the new end. The last part stays in the previous log.
 */
export function boundLogs(folder: string): void {
  for (const name of [machineFile.serialLog, machineFile.qemuLog]) {
    const path = join(folder, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= limitBytes) continue;
    try {
      writeFileSync(path.replace(/\.log$/, '.previous.log'), readEnd(path, size), { mode: 0o600 });
    } catch {
      // The disk may be full already; cutting matters more than keeping.
    }
    try {
      truncateSync(path, 0);
    } catch {
      // Just deleted, or not ours; a look never fails because of a log.
    }
  }
}

function readEnd(path: string, size: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(keptBytes);
    return buffer.subarray(0, readSync(file, buffer, 0, keptBytes, size - keptBytes));
  } finally {
    closeSync(file);
  }
}
