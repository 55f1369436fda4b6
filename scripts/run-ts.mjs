#!/usr/bin/env node
// Runs a TypeScript file of the checkout: run-ts.mjs FILE [ARGUMENT...]. Vite is here anyway, so no other runner is needed.
import { resolve } from 'node:path';
import { runnerImport } from 'vite';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: run-ts.mjs FILE [ARGUMENT...]');
  process.exit(2);
}
process.argv = [process.argv[0] ?? 'node', resolve(file), ...args];
await runnerImport(resolve(file), { configFile: false, logLevel: 'error' });
