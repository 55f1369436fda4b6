import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeFile } from '../storage/file-names.ts';

/** One process for good: a pid alone may be given to another process later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot (proc(5), stat field 22). */
  readonly startTicks: number;
}

/** The id of this boot of the host. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/**
 * The identity of a live process; undefined when there is none, or only its zombie. While other threads of a zombie are
 * still on their way out, its sockets and image locks are still held, so it counts as alive.
 */
export function findProcess(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold anything; the fields after it are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'X' || (fields[0] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1)) return undefined;
    return { pid, startTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return findProcess(identity.pid)?.startTicks === identity.startTicks;
}

/** The QEMU that wrote the pid file of a runtime folder, if it lives and really is the one of that folder. */
export function findByPidFile(runtimeFolder: string): ProcessIdentity | undefined {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(join(runtimeFolder, runtimeFile.pid), 'utf8'), 10);
  } catch {
    return undefined;
  }
  return Number.isInteger(pid) && pid > 0 && ownsFolder(pid, runtimeFolder) ? findProcess(pid) : undefined;
}

/** Searches all processes for the QEMU of a runtime folder: for the moment between its spawn and its pid file. */
export function findByCommandLine(runtimeFolder: string): ProcessIdentity | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    const pid = Number(name);
    if (pid !== process.pid && ownsFolder(pid, runtimeFolder)) return findProcess(pid);
  }
  return undefined;
}

/** The processes, other than this one, that were given a path that begins like this. */
export function findProcessesNaming(path: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = /^[0-9]+$/.test(name) ? Number(name) : process.pid;
    return pid !== process.pid && readArguments(pid).some((argument) => argument.startsWith(path)) ? [pid] : [];
  });
}

function readArguments(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function ownsFolder(pid: number, runtimeFolder: string): boolean {
  const argv = readArguments(pid);
  // The watcher of a throwaway's QEMU was forked with the same words before its shell became that QEMU.
  if (argv[0] === '/bin/sh') return false;
  return argv[argv.indexOf('-pidfile') + 1] === join(runtimeFolder, runtimeFile.pid);
}
