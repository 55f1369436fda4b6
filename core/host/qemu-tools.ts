import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { escapeOutput } from '../process/escape-output.ts';
import { runTool } from '../process/run-tool.ts';
import { type Environment, findProgram, isExecutableFile } from './find-program.ts';
import { buildInstallHint, type InstallThing } from './install-commands.ts';
import { createJsonCache } from './json-cache.ts';
import { featureQuestions, parseFeatures, parseMachineAlias, parseQemuVersion } from './parse-qemu-answers.ts';

/** The QEMU of this host: absolute paths, and what it said about itself. */
export interface QemuTools {
  readonly qemu: string;
  readonly qemuImg: string;
  /** As QEMU prints it, such as `7.2.22`. */
  readonly version: string;
  readonly versionParts: { readonly major: number; readonly minor: number };
  readonly qemuImgVersion: string;
  /** The versioned name `q35` is an alias of. */
  readonly machineType: string;
  readonly features: Readonly<Record<string, boolean>>;
}

/**
 * The oldest QEMU that will do: 5.0 brought the `memory-backend` machine property that names guest RAM, 6.0 brought
 * `background-snapshot`, and 6.0 brought `snapshot-save` on the monitor; without these no memory of a machine can be kept.
 */
export const oldestQemu = { major: 6, minor: 0 } as const;

/** Where the two programs are. */
interface ToolPaths {
  readonly qemu: string;
  readonly qemuImg: string;
}

/** Answers to `--version` come in milliseconds; a cold disk with many modules may need seconds. */
const askTimeoutMs = 20_000;

/**
 * Finds QEMU and asks what it can do; asked once per installed version, then read from the cache without starting a process.
 * Throws `qemu-missing`, `qemu-too-old`, `tool-failed`.
 */
export async function readQemuTools(environment: Environment, cacheFolder: string): Promise<QemuTools> {
  const paths = { qemu: findQemu(environment), qemuImg: findQemuImg(environment) };
  const cache = createJsonCache(cacheFolder, 'qemu.json', isQemuTools);
  const key = [paths.qemu, paths.qemuImg].map(buildFileKey).join(' ');
  const known = cache.find(key);
  const tools = known ?? (await askQemu(paths, environment));
  checkVersion(tools);
  if (known === undefined) cache.write(key, tools);
  return tools;
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

function buildFileKey(path: string): string {
  const status = statSync(path);
  return `${path}:${status.mtimeMs}:${status.size}`;
}

async function askQemu(paths: ToolPaths, environment: Environment): Promise<QemuTools> {
  const [versionText, imageVersionText] = await Promise.all([
    ask([paths.qemu, '--version'], environment),
    ask([paths.qemuImg, '--version'], environment),
  ]);
  const version = parseQemuVersion(versionText);
  checkVersion({ qemu: paths.qemu, version: version.text, versionParts: version });
  const [machines, answers] = await Promise.all([
    ask([paths.qemu, '-machine', 'help'], environment),
    ask([paths.qemu, ...questionArguments], environment, featureQuestions),
  ]);
  return {
    ...paths,
    version: version.text,
    versionParts: { major: version.major, minor: version.minor },
    qemuImgVersion: parseQemuVersion(imageVersionText).text,
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

function checkVersion(tools: Pick<QemuTools, 'qemu' | 'version' | 'versionParts'>): void {
  const { major, minor } = tools.versionParts;
  if (major > oldestQemu.major || (major === oldestQemu.major && minor >= oldestQemu.minor)) return;
  throw new AppError(
    'qemu-too-old',
    `${tools.qemu} is QEMU ${tools.version}; Bothy needs ${oldestQemu.major}.${oldestQemu.minor} or newer.`,
    { hint: 'Install a newer QEMU, or let BOTHY_QEMU name one.' },
  );
}

function isQemuTools(value: unknown): value is QemuTools {
  if (typeof value !== 'object' || value === null) return false;
  const { qemu, qemuImg, version, versionParts, qemuImgVersion, machineType, features } = value as Partial<QemuTools>;
  const texts = [qemu, qemuImg, version, qemuImgVersion, machineType];
  return (
    texts.every((text) => typeof text === 'string') &&
    typeof versionParts?.major === 'number' &&
    typeof versionParts.minor === 'number' &&
    typeof features === 'object' &&
    features !== null
  );
}
