import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { findFileProblems } from '../../../scripts/file-rules.mjs';

const root = '/srv/build/bothy';

describe('file rules', () => {
  it('limits the length of a file', () => {
    expect(findFileProblems('core/a.ts', 'x\n'.repeat(400), root)).toEqual([]);
    expect(findFileProblems('core/a.ts', 'x\n'.repeat(401), root)).toEqual(['core/a.ts: 401 lines, at most 400 are allowed']);
    expect(findFileProblems('renderer/a.tsx', 'x\n'.repeat(251), root)).toHaveLength(1);
    expect(findFileProblems('docs/a.md', 'x\n'.repeat(1000), root)).toEqual([]);
  });

  it('refuses the names of places on one machine', () => {
    const somebody = ['', 'home', 'maria', 'disk.iso'].join('/');
    for (const path of [somebody, `${root}/core`, `${homedir()}/x`]) {
      expect(findFileProblems('docs/a.md', `see\n${path}\n`, root)).toEqual([expect.stringContaining('docs/a.md:2:')]);
    }
  });

  it('lets examples and system places through', () => {
    for (const path of ['/home/you/disk.iso', '/home/$USER/a', '/usr/share/OVMF', '/tmp/bothy-1000', '~/x', 'test/home/a'])
      expect(findFileProblems('docs/a.md', `${path}\n`, root)).toEqual([]);
  });
});
