import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findLoadProblem } from '../../../scripts/set-up/electron-runtime.mjs';
import { useTestHome } from '../../kit/test-home.ts';

test('a runtime that lacks a library of the system is told with it, one that loads is not', async () => {
  const { scratch } = useTestHome();
  const lacking = 'electron: error while loading shared libraries: libnss3.so: cannot open shared object file';
  const program = join(scratch, 'electron');
  writeFileSync(program, `#!/bin/sh\necho '${lacking}' >&2\nexit 127\n`);
  chmodSync(program, 0o755);
  expect(await findLoadProblem(program)).toContain(lacking);
  expect(await findLoadProblem(join(scratch, 'none'))).toContain('ENOENT');
  expect(await findLoadProblem(process.execPath)).toBeUndefined();
});
