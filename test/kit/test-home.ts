import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findProcesses, findUnixSockets, isProcessAlive, type ProcessFacts } from './processes.ts';
import { waitUntil } from './wait-until.ts';

/** A home of Bothy for one test. Everything a process could take for the user's own folders lies beside it. */
export interface TestHome {
  /** What BOTHY_HOME points to. */
  readonly folder: string;
  /** A place for files a test makes by itself. */
  readonly scratch: string;
  /** The environment for `createCore` and for every process of the test. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Removes it all; throws, after cleaning up, when the test left a process, a socket or a file elsewhere. */
  dispose(): Promise<void>;
}

export interface TestHomeOptions {
  /** With `untouched` the home is empty; else it has what Bothy learnt of QEMU in an earlier test of the same file. */
  readonly start?: 'untouched';
}

/** Makes a home that is removed, and checked for leftovers, when the running test has finished. */
export function useTestHome(options: TestHomeOptions = {}): TestHome {
  const home = createTestHome(options);
  onTestFinished(() => home.dispose());
  return home;
}

/** Makes a home for several tests; call `dispose` in `afterAll`. */
export function createTestHome({ start }: TestHomeOptions = {}): TestHome {
  // Socket paths may have 107 bytes, so the path is short whatever TMPDIR says.
  const base = mkdtempSync('/tmp/bothy-');
  const folder = join(base, 'home');
  const scratch = join(base, 'scratch');
  const elsewhere = join(base, 'elsewhere');
  for (const path of [folder, scratch, elsewhere, ...elsewhereFolders.map((name) => join(elsewhere, name))])
    mkdirSync(path, { mode: 0o700 });
  if (start !== 'untouched') tellOfQemu(folder);
  const environment = {
    ...process.env,
    BOTHY_HOME: folder,
    ...Object.fromEntries(elsewhereFolders.map((name) => [name, join(elsewhere, name)])),
  };
  return { folder, scratch, environment, dispose: () => dispose(base, folder, elsewhere) };
}

const elsewhereFolders = [
  'HOME',
  'XDG_DATA_HOME',
  'XDG_RUNTIME_DIR',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'TMPDIR',
];

/** What Bothy keeps of QEMU's answers, which take three processes to get; it asks again when the installed file is another one. */
let answersOfQemu: string | undefined;

function tellOfQemu(folder: string): void {
  if (answersOfQemu === undefined) return;
  mkdirSync(join(folder, 'cache'), { mode: 0o700 });
  writeFileSync(join(folder, 'cache/qemu.json'), answersOfQemu, { mode: 0o600 });
}

function learnOfQemu(folder: string): void {
  const file = join(folder, 'cache/qemu.json');
  if (existsSync(file)) answersOfQemu ??= readFileSync(file, 'utf8');
}

async function dispose(base: string, folder: string, elsewhere: string): Promise<void> {
  learnOfQemu(folder);
  const leftProcesses = await findLeftProcesses(base);
  await endProcesses(leftProcesses);
  const leftovers = [
    ...leftProcesses.map(({ pid, commandLine }) => `process ${pid}: ${commandLine.slice(0, 200)}`),
    ...findUnixSockets(base).map((name) => `socket ${name}`),
    ...readdirSync(elsewhere, { recursive: true, encoding: 'utf8' })
      .filter((path) => /bothy|qemu/i.test(path))
      .map((path) => `file outside BOTHY_HOME: ${path}`),
  ];
  rmSync(base, { recursive: true, force: true });
  if (leftovers.length > 0) throw new Error(`the test left behind:\n${leftovers.join('\n')}`);
}

/** Processes that are still there after those on their way out have had the time to go. */
async function findLeftProcesses(base: string): Promise<readonly ProcessFacts[]> {
  try {
    await waitUntil('the processes of the test', () => findProcesses(base).length === 0, { timeoutMs: 3000 });
    return [];
  } catch {
    return findProcesses(base);
  }
}

async function endProcesses(processes: readonly ProcessFacts[]): Promise<void> {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone by itself meanwhile.
    }
  }
  await waitUntil('killed processes', () => processes.every(({ pid }) => !isProcessAlive(pid)), { timeoutMs: 5000 });
}
