import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessFacts {
  readonly pid: number;
  readonly commandLine: string;
}

/** Processes that have a text in their command line or in the environment they were started with, except this one and its ancestors. */
export function findProcesses(text: string): readonly ProcessFacts[] {
  const own = new Set(listAncestors(process.pid));
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => !own.has(pid))
    .flatMap((pid) => {
      const commandLine = readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
      if (commandLine === '') return [];
      return commandLine.includes(text) || readProc(pid, 'environ').includes(text) ? [{ pid, commandLine }] : [];
    });
}

/** Whether a process exists and is not merely waiting to be reaped. */
export function isProcessAlive(pid: number): boolean {
  const stat = readProc(pid, 'stat');
  return stat !== '' && !/^\) [ZX] /.test(stat.slice(stat.lastIndexOf(')')));
}

/** What a process has open: paths, and `socket:[INODE]` and the like (proc(5), fd). */
export function listOpenFiles(pid: number | null): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      // Closed since it was listed.
      return [];
    }
  });
}

/** Unix sockets in use, by path or abstract name (with a leading `@`), that have a text in it. */
export function findUnixSockets(text: string): readonly string[] {
  const names = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/).slice(7).join(' '));
  return [...new Set(names.filter((name) => name.includes(text)))];
}

function listAncestors(pid: number): readonly number[] {
  const stat = readProc(pid, 'stat');
  const parent = Number(
    stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(1) ?? 0,
  );
  return parent > 0 ? [pid, ...listAncestors(parent)] : [pid];
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
