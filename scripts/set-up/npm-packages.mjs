import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../source-files.mjs';
import { runStep } from './run-step.mjs';
import { SetUpError } from './set-up-error.mjs';

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lock */

/** Whether node_modules holds just what package-lock.json asks for. npm writes down what it installed when it has finished. */
export function arePackagesInstalled() {
  const installedFile = join(rootFolder, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = readLock(join(rootFolder, 'package-lock.json'));
  const installed = readLock(installedFile);
  const isMissing = Object.entries(wanted).some(
    ([path, entry]) => path !== '' && entry.optional !== true && installed[path]?.version !== entry.version,
  );
  return !isMissing && Object.entries(installed).every(([path, entry]) => wanted[path]?.version === entry.version);
}

/** Installs the packages of package-lock.json. */
export async function installPackages() {
  console.log('Installing packages (npm ci) ...');
  const own = process.env['npm_execpath'];
  const npm = own?.endsWith('npm-cli.js') ? [process.execPath, own] : ['npm'];
  const { code } = await runStep([...npm, 'ci', '--include=dev', '--loglevel=error']);
  if (code !== 0) throw new SetUpError('npm could not install the packages; what it said is above.');
}

/** @param {string} file @returns {Lock['packages']} */
function readLock(file) {
  return /** @type {Lock} */ (JSON.parse(readFileSync(file, 'utf8'))).packages;
}
