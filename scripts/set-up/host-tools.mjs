import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { rootFolder } from '../source-files.mjs';
import { runStep } from './run-step.mjs';
import { SetUpError } from './set-up-error.mjs';

/** @typedef {{ distributions: string[], install: string[], assumeYes: string[], packages: Record<string, string[]>, otherNames: Record<string, Record<string, string[]>> }} Manager */
/** @typedef {{ id: string, name: string, isPresent: () => boolean, isOptional?: boolean }} Tool */

/** What the host must have to run machines. @type {readonly Tool[]} */
const runTools = [
  { id: 'qemu', name: 'qemu-system-x86_64', isPresent: () => hasProgram('BOTHY_QEMU', 'qemu-system-x86_64') },
  { id: 'qemu-img', name: 'qemu-img', isPresent: () => hasProgram('BOTHY_QEMU_IMG', 'qemu-img') },
  { id: 'uefi', name: 'UEFI firmware', isPresent: hasUefi, isOptional: true },
];

/** What the tests need beside that. @type {readonly Tool[]} */
const testTools = [
  {
    id: 'chromium',
    name: 'Chromium',
    isPresent: () => ['chromium-headless-shell', 'chromium', 'chromium-browser'].some((name) => hasProgram('', name)),
  },
  { id: 'swtpm', name: 'swtpm', isPresent: () => hasProgram('', 'swtpm') },
  { id: 'binutils', name: 'as (GNU binutils)', isPresent: () => hasProgram('', 'as') },
];

/** Installs what the host lacks, when root or when the person says so; else names the command. @param {{ isForTests: boolean }} options */
export async function ensureHostTools({ isForTests }) {
  const missing = [...runTools, ...(isForTests ? testTools : [])].filter((tool) => !tool.isPresent());
  if (missing.length === 0) return;
  const commands = buildInstallCommands(
    readOsRelease(),
    missing.map(({ id }) => id),
    process.getuid?.() === 0,
  );
  const names = missing.map(({ name }) => name).join(', ');
  const text = commands.map((command) => command.join(' ')).join(' && ');
  if (commands.length === 0)
    return giveUp(missing, `Not installed: ${names}. Install it with your distribution's package manager.`);
  console.log(`Not installed: ${names}. The command for this system is:\n  ${text}`);
  const isAllowed = process.getuid?.() === 0 || (await ask('Run it now? [Y/n] '));
  if (!isAllowed) return giveUp(missing, 'Run the command above, then try again.');
  for (const command of commands) {
    const { code } = await runStep(command, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
    // An update that could not reach every source may still have what is wanted.
    if (code !== 0 && command !== commands[0]) return giveUp(missing, `'${command.join(' ')}' failed; what it said is above.`);
  }
  const still = missing.filter((tool) => !tool.isPresent());
  if (still.length > 0) giveUp(still, `Still not installed: ${still.map(({ name }) => name).join(', ')}.`);
}

/**
 * The exact commands that install things on the distribution an os-release text describes; none for an unknown one.
 * @param {string} osRelease
 * @param {readonly string[]} things
 * @param {boolean} isRoot
 * @returns {string[][]}
 */
export function buildInstallCommands(osRelease, things, isRoot) {
  const ids = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=["']?([^"'\n]*)/gm)].flatMap((match) => (match[1] ?? '').split(' '));
  const managers = /** @type {Record<string, Manager>} */ (
    JSON.parse(readFileSync(join(rootFolder, 'assets/packages.json'), 'utf8'))
  );
  const manager = Object.values(managers).find(({ distributions }) =>
    ids.some((id) => distributions.some((name) => id === name || id.startsWith(`${name}-`))),
  );
  if (manager === undefined) return [];
  const special = ids.map((id) => manager.otherNames[id]).find((names) => names !== undefined);
  const packages = [...new Set(things.flatMap((thing) => special?.[thing] ?? manager.packages[thing] ?? []))];
  const sudo = isRoot ? [] : ['sudo'];
  const update = manager.install[0] === 'apt-get' ? [[...sudo, 'apt-get', 'update']] : [];
  return [...update, [...sudo, ...manager.install, ...manager.assumeYes, ...packages]];
}

/** @param {readonly Tool[]} missing @param {string} message */
function giveUp(missing, message) {
  if (missing.some((tool) => tool.isOptional !== true)) throw new SetUpError(message);
  console.log(`${message} Machines with UEFI firmware cannot be made until then.`);
}

/** @param {string} question */
async function ask(question) {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(question);
  lines.close();
  return /^(y|yes|)$/i.test(answer.trim());
}

/** @param {string} variable @param {string} name */
function hasProgram(variable, name) {
  const own = process.env[variable];
  const candidates = own ? [own] : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return candidates.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function hasUefi() {
  const descriptors = '/usr/share/qemu/firmware';
  if (existsSync(descriptors) && readdirSync(descriptors).some((name) => /x86_64|ovmf/i.test(name))) return true;
  return ['/usr/share/OVMF', '/usr/share/edk2/ovmf', '/usr/share/edk2/x64', '/usr/share/edk2-ovmf'].some((folder) =>
    existsSync(folder),
  );
}

function readOsRelease() {
  const file = ['/etc/os-release', '/usr/lib/os-release'].find((path) => existsSync(path));
  return file === undefined ? '' : readFileSync(file, 'utf8');
}
