import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageTable from '../../../assets/packages.json' with { type: 'json' };

const text = readFileSync(join(import.meta.dirname, '../../../electron-builder.yml'), 'utf8');

/** The packages that a package of this kind depends on. */
function listDependencies(kind: string): string[] {
  return new RegExp(`^${kind}:\\n  depends: \\[([^\\]]*)\\]`, 'm').exec(text)?.[1]?.split(/,\s*/) ?? [];
}

test.each([
  ['deb', packageTable.apt.packages],
  ['rpm', packageTable.dnf.packages],
])('a %s brings the QEMU that the set-up would install', (kind, packages) => {
  expect(listDependencies(kind)).toEqual(expect.arrayContaining([...packages.qemu, ...packages['qemu-img']]));
});
