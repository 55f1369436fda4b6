import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootFolder } from '../source-files.mjs';

const sources = [
  ...['contract', 'core', 'cli', 'server', 'electron', 'renderer', 'assets'],
  ...['package.json', 'package-lock.json', 'electron.vite.config.ts', 'vite.cli.config.ts'],
];
const stampFile = join(rootFolder, 'dist/.built');
const products = ['dist/cli/bothy.js', 'dist/renderer/index.html', 'dist/electron/main/main.js'];

/** Whether dist was built from the sources as they are. */
export function isBuilt() {
  const isComplete = [stampFile, ...products.map((file) => join(rootFolder, file))].every((file) => existsSync(file));
  return isComplete && readFileSync(stampFile, 'utf8') === hashSources();
}

/** Notes that dist was built from sources that had this hash. @param {string} hash */
export function noteBuilt(hash) {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, hash);
}

/** What the sources are, by name, size and time of change: reading them all would take longer than it is worth. */
export function hashSources() {
  const hash = createHash('sha256');
  const add = (/** @type {string} */ path) => {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return;
    if (facts.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(`${path} ${facts.size} ${facts.mtimeMs}\n`);
  };
  for (const source of sources) add(join(rootFolder, source));
  return hash.digest('hex');
}
