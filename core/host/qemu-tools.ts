import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { escapeOutput } from '../process/escape-output.ts';
import { runTool } from '../process/run-tool.ts';
import { type Environment, findProgram, isExecutableFile } from './find-program.ts';
import { buildInstallHint, type InstallThing } from './install-commands.ts';
import { createJsonCache } from './json-cache.ts';
import { featureQuestions, parseFeatures, parseMachineAlias, parseQemuVersion, type QemuVersion } from './parse-qemu-answers.ts';

/** A QEMU and what it said about itself. */
export interface QemuFacts {
  /** Absolute path. */
  readonly qemu: string;
  /** As QEMU prints it, such as `7.2.22`. */
  readonly version: string;
  readonly versionParts: { readonly major: number; readonly minor: number };
  /** The versioned name `q35` is an alias of. */
  readonly machineType: string;
  readonly features: Readonly<Record<string, boolean>>;
}

/** The QEMU of this host, with its qemu-img. */
export interface QemuTools extends QemuFacts {
  readonly qemuImg: string;
}

/**
 * The oldest QEMU that will do: 7.1 brought `screendump` as PNG, 7.2 the `stream` network back end, and 7.2 is the oldest the
 * tests run over.
 */
const oldestQemu = { major: 7, minor: 2 } as const;

/** Answers to `--version` come in milliseconds; a cold disk with many modules may need seconds. */
const askTimeoutMs = 20_000;

/** Finds QEMU, what it can do, and qemu-img. Throws `qemu-missing`, `qemu-too-old`, `tool-failed`. */
export async function readQemuTools(environment: Environment, cacheFolder: string): Promise<QemuTools> {
  return { ...(await readQemuFacts(environment, cacheFolder)), qemuImg: findQemuImg(environment) };
}

/**
 * Finds QEMU and asks what it can do; asked once per installed version, then read from the cache without starting a process.
 * Throws `qemu-missing`, `qemu-too-old`, `tool-failed`.
 */
export async function readQemuFacts(environment: Environment, cacheFolder: string): Promise<QemuFacts> {
  const qemu = findQemu(environment);
  const cache = createJsonCache(cacheFolder, 'qemu.json', isQemuFacts);
  const { mtimeMs, size } = statSync(qemu);
  const key = `${qemu}:${mtimeMs}:${size}`;
  const known = cache.find(key);
  if (known !== undefined) return known;
  const facts = await askQemu(qemu, environment);
  cache.write(key, facts);
  return facts;
}

/** The path of QEMU, or `qemu-missing`. */
export function findQemu(environment: Environment): string {
  const chosen = findChosen(environment, 'BOTHY_QEMU');
  const found =
    chosen ?? findProgram('qemu-system-x86_64', environment) ?? findProgram('qemu-kvm', environment, ['/usr/libexec']);
  return found ?? throwMissing('qemu-system-x86_64', 'qemu');
}

/** The path of qemu-img, which belongs to the chosen QEMU when it lies beside it, or `qemu-missing`. */
export function findQemuImg(environment: Environment): string {
  const chosen = findChosen(environment, 'BOTHY_QEMU_IMG');
  const qemu = environment['BOTHY_QEMU'];
  const beside = qemu === undefined || qemu === '' ? undefined : join(dirname(qemu), 'qemu-img');
  const found = chosen ?? (beside !== undefined && isExecutableFile(beside) ? beside : findProgram('qemu-img', environment));
  return found ?? throwMissing('qemu-img', 'qemu-img');
}

/** What `qemu-img --version` tells. */
export async function readQemuImgVersion(path: string, environment: Environment): Promise<string> {
  return parseQemuVersion(await ask([path, '--version'], environment)).text;
}

function findChosen(environment: Environment, variable: string): string | undefined {
  const path = environment[variable];
  if (path === undefined || path === '') return undefined;
  if (path.startsWith('/') && isExecutableFile(path)) return path;
  throw new AppError('qemu-missing', `${variable} is ${path}, which is not the absolute path of a program.`, {
    hint: `Correct ${variable}, or unset it to use the QEMU on PATH.`,
  });
}

function throwMissing(program: string, thing: InstallThing): never {
  throw new AppError('qemu-missing', `${program} is not installed, or not on PATH.`, {
    hint: buildInstallHint(readOsRelease(), [thing]),
  });
}

/** The text that says which distribution this is (os-release(5)); empty when it does not say. */
export function readOsRelease(): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The second place is the fallback of the first.
    }
  }
  return '';
}

async function askQemu(qemu: string, environment: Environment): Promise<QemuFacts> {
  const version = parseQemuVersion(await ask([qemu, '--version'], environment));
  checkVersion(qemu, version);
  const [machines, answers] = await Promise.all([
    ask([qemu, '-machine', 'help'], environment),
    ask([qemu, ...questionArguments], environment, featureQuestions),
  ]);
  return {
    qemu,
    version: version.text,
    versionParts: { major: version.major, minor: version.minor },
    machineType: parseMachineAlias(machines, 'q35'),
    features: parseFeatures(answers),
  };
}

/** A QEMU without any machine, that only answers. The second accelerator is for builds without the first. */
const questionArguments = [
  ...['-machine', 'none', '-accel', 'tcg', '-accel', 'kvm'],
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-qmp', 'stdio'],
];

async function ask(argv: [string, ...string[]], environment: Environment, input?: string): Promise<string> {
  const result = await runTool(argv, { environment: { ...environment, LC_ALL: 'C' }, timeoutMs: askTimeoutMs, input });
  if (result.exitCode === 0) return result.stdout;
  throw new AppError(
    'tool-failed',
    `${argv[0]} cannot tell what it can do (${result.signal ?? `exit code ${result.exitCode}`}).`,
    {
      hint: `Run it yourself to see why: ${argv[0]} --version`,
      details: escapeOutput(`${argv.join(' ')}\n${result.stderr}`),
    },
  );
}

function checkVersion(qemu: string, { text, major, minor }: QemuVersion): void {
  if (major > oldestQemu.major || (major === oldestQemu.major && minor >= oldestQemu.minor)) return;
  throw new AppError('qemu-too-old', `${qemu} is QEMU ${text}; Bothy needs ${oldestQemu.major}.${oldestQemu.minor} or newer.`, {
    hint: 'Install a newer QEMU, or let BOTHY_QEMU name one.',
  });
}

function isQemuFacts(value: unknown): value is QemuFacts {
  if (typeof value !== 'object' || value === null) return false;
  const { qemu, version, versionParts, machineType, features } = value as Partial<QemuFacts>;
  return (
    [qemu, version, machineType].every((text) => typeof text === 'string') &&
    typeof versionParts?.major === 'number' &&
    typeof versionParts.minor === 'number' &&
    typeof features === 'object' &&
    features !== null
  );
}
