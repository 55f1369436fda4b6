#!/usr/bin/env node
// Builds everything into dist: the window and the Electron shell, and the command line.
import { join } from 'node:path';
import { hashSources, noteBuilt } from './set-up/build-state.mjs';
import { runStep } from './set-up/run-step.mjs';
import { rootFolder } from './source-files.mjs';

const bin = join(rootFolder, 'node_modules/.bin');
const hash = hashSources();
const results = await Promise.all([
  runStep([join(bin, 'electron-vite'), 'build', '--logLevel', 'warn'], { isQuiet: true }),
  runStep([join(bin, 'vite'), 'build', '-c', 'vite.cli.config.ts', '--logLevel', 'warn'], { isQuiet: true }),
]);
for (const { code, output } of results) if (code !== 0) console.error(output.trimEnd());
if (results.every(({ code }) => code === 0)) noteBuilt(hash);
else process.exitCode = 1;
