import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { CpioEntry } from '../../scripts/guests/cpio.ts';

const run = promisify(execFile);

/**
 * For the kernel's command line: leaves out what an emulated CPU spends its time on at every boot and no test looks at, such as trying
 * out every cipher and overwriting all memory.
 */
export const quickAppend = 'cryptomgr.notests init_on_alloc=0 rodata=off';

/**
 * The same files with drivers that load in half the time: without signature and the tables for tracing, whose checks are long sums,
 * and without the names of every USB stick that was ever sold in the list `modprobe` reads. `work` is a folder for the meantime.
 */
export async function trimDrivers(entries: readonly CpioEntry[], work: string): Promise<readonly CpioEntry[]> {
  const folder = mkdtempSync(join(work, 'trim-'));
  const trimmed: CpioEntry[] = [];
  for (const entry of entries) {
    if (entry.data === undefined) trimmed.push(entry);
    else if (entry.path.endsWith('.ko')) trimmed.push({ ...entry, data: await trimDriver(entry.data, join(folder, 'driver')) });
    else if (basename(entry.path) === 'modules.alias') trimmed.push({ ...entry, data: trimAliases(entry.data) });
    else trimmed.push(entry);
  }
  rmSync(folder, { recursive: true });
  return trimmed;
}

async function trimDriver(data: Buffer, file: string): Promise<Buffer> {
  writeFileSync(file, data);
  await run('objcopy', ['--strip-unneeded', ...tables.flatMap((name) => [`--remove-section=${name}`]), file]);
  return readFileSync(file);
}

/** Types for BPF, stack unwinding, and function tracing, each with its relocations. */
const tables = ['.BTF', '.orc_unwind', '.orc_unwind_ip', '.rela.orc_unwind_ip', '__mcount_loc', '.rela__mcount_loc'];

function trimAliases(data: Buffer): Buffer {
  return Buffer.from(data.toString().replaceAll(/^alias usb:v[0-9A-F]{4}p.*\n/gm, ''));
}
