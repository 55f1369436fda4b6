import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { escapeOutput } from '../process/escape-output.ts';
import { spawnDetached } from '../process/spawn-detached.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import { sendSignal } from './end-process.ts';
import { readTail } from './event-log.ts';
import { findProcess, isAlive, type ProcessIdentity } from './qemu-process.ts';

/** What the TPM emulator of one machine works on. Absolute paths, but for `machine.tpm`. */
export interface TpmPlaces {
  readonly swtpm: string;
  readonly machine: { readonly name: string; readonly tpm: string };
  readonly folder: string;
  readonly runtimeFolder: string;
}

/** How long swtpm may take to listen, and to end by itself after its QEMU. */
const readyTimeoutMs = 10_000;
const graceMs = 2000;

/** By this variable a process is known to be the TPM emulator of a runtime folder. */
const marker = 'BOTHY_RUNTIME_FOLDER';

/**
 * Starts swtpm (QEMU may not: its sandbox denies it to start programs) and waits until it listens. It ends when its QEMU
 * does; one that QEMU never came to is ended by `endTpmEmulator`. What it says goes into QEMU's log. The caller holds the
 * machine's lock.
 *
 * Its options cannot have commas in them, so the state's place comes by the environment and its own files are named from the
 * machine's folder. They are in there because the AppArmor profile of some distributions lets swtpm write below the home and
 * /tmp only; QEMU finds the socket by a link in the runtime folder, whose path is short enough.
 */
export async function startTpmEmulator({ swtpm, machine, folder, runtimeFolder }: TpmPlaces): Promise<void> {
  await endTpmEmulator(folder, runtimeFolder);
  const argv = [
    ...[swtpm, 'socket', '--tpm2', '--terminate'],
    ...['--ctrl', `type=unixio,path=${machineFile.tpmSocket}`, '--pid', `file=${machineFile.tpmPid}`],
  ];
  const logFile = join(folder, machineFile.qemuLog);
  const input = openSync('/dev/null', 'r');
  const log = openSync(logFile, 'a', 0o600);
  symlinkSync(join(folder, machineFile.tpmSocket), join(runtimeFolder, runtimeFile.tpm));
  let hasEnded = false;
  try {
    const environment = { ...process.env, TPM_PATH: join(folder, machine.tpm), [marker]: runtimeFolder };
    const child = spawnDetached(argv, [input, log, log], { environment, folder });
    const ended = child.ended.then(() => {
      hasEnded = true;
    });
    const deadline = performance.now() + readyTimeoutMs;
    // It writes its process id when it listens.
    while (!hasEnded && performance.now() < deadline) {
      if ((statSync(join(folder, machineFile.tpmPid), { throwIfNoEntry: false })?.size ?? 0) > 0) return;
      await Promise.race([delay(2), ended]);
    }
  } finally {
    closeSync(input);
    closeSync(log);
  }
  throw explain(machine.name, hasEnded, readTail(logFile, 8192));
}

/** Waits for the TPM emulator of a QEMU that has ended, ends it if it does not, and removes what it left. */
export async function endTpmEmulator(folder: string, runtimeFolder: string): Promise<void> {
  for (const signal of [undefined, 'SIGTERM', 'SIGKILL'] as const) {
    const left = findTpmEmulators(runtimeFolder);
    if (signal !== undefined) for (const process of left) sendSignal(process, signal);
    // One that QEMU never came to waits for ever, so only that of a QEMU that was there is waited for.
    const patienceMs = signal === undefined ? 200 : graceMs;
    for (const deadline = performance.now() + patienceMs; left.some(isAlive) && performance.now() < deadline; ) await delay(5);
    if (!left.some(isAlive)) break;
  }
  removeFiles(folder);
}

/** The same without waiting: what is on its way out goes by itself, what waits in vain is asked to end. */
export function dismissTpmEmulator(folder: string, runtimeFolder: string): void {
  for (const process of findTpmEmulators(runtimeFolder)) sendSignal(process, 'SIGTERM');
  removeFiles(folder);
}

function findTpmEmulators(runtimeFolder: string): ProcessIdentity[] {
  return readdirSync('/proc').flatMap((name) => {
    const found = /^[0-9]+$/.test(name) && isOfFolder(name, runtimeFolder) ? findProcess(Number(name)) : undefined;
    return found === undefined ? [] : [found];
  });
}

function isOfFolder(pid: string, runtimeFolder: string): boolean {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`path=${machineFile.tpmSocket}\0`)) return false;
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${marker}=${runtimeFolder}`);
  } catch {
    return false;
  }
}

function removeFiles(folder: string): void {
  // A broken machine may be a file.
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  for (const name of [machineFile.tpmSocket, machineFile.tpmPid]) rmSync(join(folder, name), { force: true });
}

function explain(name: string, hasEnded: boolean, log: string): AppError {
  const words = escapeOutput(log.trim());
  if (!hasEnded) {
    return new AppError('timed-out', `The TPM of “${name}” did not answer within ${readyTimeoutMs / 1000} s.`, {
      hint: 'Try again; if it stays so, look at the details.',
      details: words,
    });
  }
  return new AppError(
    'tool-failed',
    `The TPM of “${name}” did not start: ${words.split('\n').at(-1) || 'swtpm ended without a word.'}`,
    {
      hint: /Permission denied/.test(words)
        ? 'AppArmor may keep swtpm away from folders outside your home: move the machines there, or allow the folder in /etc/apparmor.d/local/usr.bin.swtpm.'
        : 'swtpm’s words are in the details.',
      details: words,
    },
  );
}
