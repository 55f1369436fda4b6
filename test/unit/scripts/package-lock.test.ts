import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entry {
  readonly version?: string;
  readonly optionalDependencies?: Record<string, string>;
}

it('package-lock.json names the optional packages of every platform, or npm ci refuses it', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Entry> };
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => findEntry(packages, path, name)?.version === undefined),
  );
  expect(missing).toEqual([]);
});

/** The package a name means at a place, looked up as Node does. */
function findEntry(packages: Record<string, Entry>, path: string, name: string): Entry | undefined {
  const found = packages[`${path === '' ? '' : `${path}/`}node_modules/${name}`];
  if (found !== undefined || path === '') return found;
  return findEntry(packages, path.slice(0, Math.max(0, path.lastIndexOf('node_modules/') - 1)), name);
}
