#!/usr/bin/env node
// Runs the quick checks at the same time and prints what those that failed have to say. `check.mjs NAME...` runs only these.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { listSourceFiles, rootFolder } from './source-files.mjs';

/** Each check is one or more commands; it has passed when all of them have. @type {Record<string, () => string[][]>} */
const checks = {
  format: () => [['biome', 'format', '--colors=off']],
  lint: () => [['biome', 'lint', '--colors=off', '--error-on-warnings']],
  types: () =>
    findTypeScriptFolders().map((folder) => [
      'tsc',
      '-p',
      folder,
      '--incremental',
      '--tsBuildInfoFile',
      `.cache/tsc/${folder}.json`,
    ]),
  imports: () => [['node', 'scripts/check-imports.mjs']],
  dead: () => [['knip', '--no-progress']],
  files: () => [['node', 'scripts/check-files.mjs']],
};

/** Folders with a tsconfig.json and at least one file for it; tsc refuses a folder without any. */
function findTypeScriptFolders() {
  const files = listSourceFiles();
  const folders = files.filter((file) => file.endsWith('/tsconfig.json')).map(dirname);
  return folders.filter((folder) => files.some((file) => file.startsWith(`${folder}/`) && /\.(ts|tsx|mjs)$/.test(file)));
}

/** @typedef {{ name: string, command: string[] }} Job */

/** @type {(job: Job) => Promise<{ job: Job, isPassed: boolean, output: string, durationMs: number }>} */
function run(job) {
  const [tool = '', ...args] = job.command;
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(findTool(tool), args, { cwd: rootFolder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ job, isPassed: false, output: error.message, durationMs: 0 }));
    child.on('close', (code) => resolve({ job, isPassed: code === 0, output, durationMs: performance.now() - startedAt }));
  });
}

/** Tools are started directly: npx and the tools' own starting scripts cost more than the check itself. @type {(tool: string) => string} */
function findTool(tool) {
  if (tool === 'node') return process.execPath;
  if (tool === 'biome') {
    const scope = join(rootFolder, 'node_modules/@biomejs');
    const native = readdirSync(scope).find((name) => name.startsWith('cli-'));
    if (native !== undefined) return join(scope, native, 'biome');
  }
  return join(rootFolder, 'node_modules/.bin', tool);
}

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in checks));
if (unknown !== undefined) {
  console.error(`There is no check '${unknown}'; there are ${Object.keys(checks).join(', ')}.`);
  process.exit(2);
}

/** @type {Job[]} */
const jobs = Object.entries(checks)
  .filter(([name]) => names.length === 0 || names.includes(name))
  .flatMap(([name, list]) => list().map((command) => ({ name, command })));
/** @type {Awaited<ReturnType<typeof run>>[]} */
const results = [];
const queue = [...jobs];
const workers = Array.from({ length: availableParallelism() + 1 }, async () => {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) results.push(await run(job));
});
await Promise.all(workers);

for (const name of new Set(jobs.map((job) => job.name))) {
  const parts = results.filter((result) => result.job.name === name);
  const isPassed = parts.every((part) => part.isPassed);
  const seconds = parts.reduce((sum, part) => sum + part.durationMs, 0) / 1000;
  console.log(`${isPassed ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  for (const part of parts.filter((part) => !part.isPassed))
    console.log(`${part.job.command.join(' ')}\n${part.output.trimEnd()}\n`);
}
process.exitCode = results.every((result) => result.isPassed) ? 0 : 1;
