import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const rootFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every file git knows or would add, relative to the checkout; without git, all but what .gitignore names. */
export function listSourceFiles() {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: rootFolder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = status === 0 ? stdout.split('\0') : walk('');
  return [...new Set(files)].filter((file) => file !== '' && existsSync(join(rootFolder, file))).sort();
}

const generated = ['.git', ...readFileSync(join(rootFolder, '.gitignore'), 'utf8').split('\n')].map((name) =>
  name.replace(/\/$/, ''),
);

/** @param {string} folder @returns {string[]} */
function walk(folder) {
  return readdirSync(join(rootFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (generated.includes(entry.name)) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}
