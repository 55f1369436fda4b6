import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { machineFile, runtimeFile, unfinishedPrefix } from '../../../core/storage/file-names.ts';

test('docs/on-disk.md tells of every file there can be', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/on-disk.md'), 'utf8');
  const names = [...Object.values(machineFile), ...Object.values(runtimeFile).flat(), ...Object.values(unfinishedPrefix)];
  expect(names.filter((name) => !text.includes(`\`${name}`))).toEqual([]);
});
