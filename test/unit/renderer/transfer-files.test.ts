import { describe, expect, test } from 'vitest';
import {
  buildFileName,
  changeEnding,
  findPathProblem,
  isArchive,
  isMachineFile,
  joinPath,
  splitPath,
} from '../../../renderer/features/transfer/transfer-files.ts';

describe('the name of an exported file', () => {
  test.each([
    [null, 'bothy', 'web.bothy'],
    ['before upgrade', 'ova', 'web-before-upgrade.ova'],
    ['/etc/../x', 'qcow2', 'web-etc-..-x.qcow2'],
    ['für später!', 'bothy', 'web-für-später.bothy'],
  ] as const)('for the snapshot %s as %s', (snapshot, format, name) => {
    expect(buildFileName('web', snapshot, format)).toBe(name);
    expect(findPathProblem(`/x/${name}`)).toBeNull();
  });

  test('follows the format unless its ending is one of its own', () => {
    expect(changeEnding('web.bothy', 'ova')).toBe('web.ova');
    expect(changeEnding('my.web.QCOW2', 'bothy')).toBe('my.web.bothy');
    expect(changeEnding('backup.2026', 'ova')).toBe('backup.2026');
  });

  test.each(['', '/', '/x/', '/x/  ', 'web.ova', '/x/.', '/x/..'])('cannot be in “%s”', (path) =>
    expect(findPathProblem(path)).not.toBeNull(),
  );

  test.each(['/web.ova', '/a/b/web.ova'])('%s is taken apart and put together', (path) => {
    const { folder, name } = splitPath(path);
    expect(name).toBe('web.ova');
    expect(joinPath(folder, name)).toBe(path);
  });
});

test('files are told apart by their names', () => {
  expect(['a.bothy', 'A.OVA', 'a.ovf', 'a.qcow2', 'a.iso'].map(isMachineFile)).toEqual([true, true, true, false, false]);
  expect(['/x/a.bothy ', 'a.ova'].map(isArchive)).toEqual([true, false]);
});
