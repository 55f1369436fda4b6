#!/usr/bin/env node
// Holds the imports of every folder against its rule in import-rules.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findForbiddenImports } from './import-rules.mjs';
import { listSourceFiles, rootFolder } from './source-files.mjs';

const files = listSourceFiles().filter((file) => /\.(ts|tsx|mjs|js)$/.test(file));
const problems = files.flatMap((file) => findForbiddenImports(file, readFileSync(join(rootFolder, file), 'utf8')));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
