#!/usr/bin/env node
// Holds every text file of the checkout against file-rules.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFileProblems } from './file-rules.mjs';
import { listSourceFiles, rootFolder } from './source-files.mjs';

const problems = listSourceFiles().flatMap((file) => {
  const bytes = readFileSync(join(rootFolder, file));
  return bytes.includes(0) ? [] : findFileProblems(file, bytes.toString('utf8'), rootFolder);
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
