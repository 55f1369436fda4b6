import { describe, expect, it } from 'vitest';
import { groupArguments } from '../../../renderer/features/activity/group-arguments.ts';
import { type FileEntry, listFiles, splitFolder } from '../../../renderer/features/host/list-files.ts';
import { mergeActivity } from '../../../renderer/state/activity-store.ts';
import { describeError, formatBytes, formatDuration, formatMemory } from '../../../renderer/ui/format.ts';

describe('values in words', () => {
  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1536, '1.5 KiB'],
    [20 * 1024 ** 3, '20 GiB'],
  ])('shows %d bytes as %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });

  it.each([
    [59, '59 s'],
    [60, '1 min'],
    [200, '3 min 20 s'],
    [7260, '2 h 1 min'],
    [180_000, '2 d 2 h'],
  ])('shows %d seconds as %s', (seconds, words) => {
    expect(formatDuration(seconds)).toBe(words);
  });

  it('shows memory in its natural unit', () => {
    expect([512, 1024, 1536, 15_872].map(formatMemory)).toEqual(['512 MiB', '1 GiB', '1.5 GiB', '15.5 GiB']);
  });

  it('joins an error and its next step', () => {
    expect(describeError({ message: 'It is gone', hint: 'Look elsewhere.' })).toBe('It is gone. Look elsewhere.');
    expect(describeError({ message: 'It is gone.' })).toBe('It is gone.');
  });
});

describe('a QEMU command line', () => {
  it('has one option per line, with its value', () => {
    expect(groupArguments(['/usr/bin/qemu', '-nodefaults', '-m', '1024', '-append', 'console=ttyS0 quiet', '-S'])).toEqual([
      '/usr/bin/qemu',
      '-nodefaults',
      '-m 1024',
      '-append console=ttyS0 quiet',
      '-S',
    ]);
  });
});

describe('the entries of a folder', () => {
  const entries: FileEntry[] = [
    { name: 'b.iso', path: '/x/b.iso', kind: 'file', size: 1 },
    { name: 'readme.txt', path: '/x/readme.txt', kind: 'file', size: 1 },
    { name: '.secret', path: '/x/.secret', kind: 'folder', size: null },
    { name: 'sub', path: '/x/sub', kind: 'folder', size: null },
    { name: 'a.iso', path: '/x/a.iso', kind: 'file', size: 1 },
  ];
  const list = (more: { text?: string; isShowingAll?: boolean }) =>
    listFiles(entries, { kind: 'iso', text: '', isShowingAll: false, ...more }).map(({ name }) => name);

  it('are folders first, then what fits', () => {
    expect(list({})).toEqual(['sub', 'a.iso', 'b.iso']);
    expect(list({ isShowingAll: true })).toContain('readme.txt');
    expect(list({ text: 'B.' })).toEqual(['b.iso']);
    expect(list({ text: '.s' })).toEqual(['.secret']);
  });

  it('know the folders above', () => {
    expect(splitFolder('/a/b').map(({ path }) => path)).toEqual(['/', '/a', '/a/b']);
  });
});

describe('the story of a machine', () => {
  it('keeps what was read and what was watched, each once, in order', () => {
    const first = { time: '2026-01-01T00:00:01Z', event: 'START', text: 'Started' };
    const second = { time: '2026-01-01T00:00:02Z', event: 'RESET', text: 'Reset' };
    expect(mergeActivity([second], [first, second])).toEqual([first, second]);
  });
});
