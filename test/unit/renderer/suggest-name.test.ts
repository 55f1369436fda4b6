import { describe, expect, it } from 'vitest';
import { findNameProblem, suggestName } from '../../../renderer/state/suggest-name.ts';

describe('names for new machines', () => {
  it.each([
    ['/isos/Debian 12 (netinst).iso', 'debian-12-netinst'],
    ['/isos/alpine-3.20-x86_64.iso', 'alpine-3.20-x86_64'],
    ['/images/…….qcow2', 'machine'],
    [null, 'machine'],
  ])('makes %j into %s', (path, name) => {
    expect(suggestName(path, new Set())).toBe(name);
  });

  it('counts on when the name is taken', () => {
    expect(suggestName('/isos/a.iso', new Set(['a', 'a-2']))).toBe('a-3');
  });

  it.each([
    ['', /Give/],
    ['a b', /space/],
    ['a/b', /“\/”/],
    ['..', /starts with/],
    ['🐧', /starts with/],
    ['a🐧', /“🐧”/],
    ['a'.repeat(300), /300/],
    ['taken', /Another/],
  ])('refuses %j in words', (name, words) => {
    expect(findNameProblem(name, new Set(['taken']))).toMatch(words);
  });

  it('accepts a good name', () => {
    expect(findNameProblem('web-1.test', new Set())).toBeNull();
  });
});
