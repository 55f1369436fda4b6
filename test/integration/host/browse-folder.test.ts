import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorToData } from '../../../contract/app-error.ts';
import { folderListingSchema } from '../../../contract/host.ts';
import { browseFolder } from '../../../core/host/browse-folder.ts';
import { useTestHome } from '../../kit/test-home.ts';

test('folders first, counted as people count, without what is hidden', async () => {
  const { scratch } = useTestHome();
  for (const name of ['b10', 'b9', '.hidden']) mkdirSync(join(scratch, name));
  for (const name of ['disk10.iso', 'disk9.iso', 'A.iso', 'a ü 🙂.iso', '.secret']) writeFileSync(join(scratch, name), '12345');
  const listing = folderListingSchema.parse(await browseFolder(scratch));
  expect(listing.folder).toBe(scratch);
  expect(listing.parent).toBe(join(scratch, '..'));
  expect(listing.entries.map(({ name }) => name)).toEqual(['b9', 'b10', 'a ü 🙂.iso', 'A.iso', 'disk9.iso', 'disk10.iso']);
  expect(listing.entries[0]).toEqual({ name: 'b9', path: join(scratch, 'b9'), kind: 'folder', size: null });
  expect(listing.entries.at(-1)).toEqual({ name: 'disk10.iso', path: join(scratch, 'disk10.iso'), kind: 'file', size: 5 });
});

test('links are what they lead to; broken ones, pipes and names that are no text are left out', async () => {
  const { scratch } = useTestHome();
  mkdirSync(join(scratch, 'folder'));
  writeFileSync(join(scratch, 'file'), '1');
  symlinkSync('folder', join(scratch, 'to-folder'));
  symlinkSync('file', join(scratch, 'to-file'));
  symlinkSync('nowhere', join(scratch, 'to-nothing'));
  symlinkSync('to-itself', join(scratch, 'to-itself'));
  execFileSync('mkfifo', [join(scratch, 'pipe')]);
  writeFileSync(Buffer.concat([Buffer.from(`${scratch}/`), Buffer.from([0xff, 0x61])]), '');
  const { entries } = await browseFolder(scratch);
  expect(entries.map(({ name, kind }) => `${name}:${kind}`)).toEqual([
    'folder:folder',
    'to-folder:folder',
    'file:file',
    'to-file:file',
  ]);
});

test('the root has no parent, and a path is told in its plain form', async () => {
  expect(await browseFolder('/')).toMatchObject({ folder: '/', parent: null });
  expect(await browseFolder('//usr/./share/../share//')).toMatchObject({ folder: '/usr/share', parent: '/usr' });
});

test('a folder with thousands of files is listed whole', async () => {
  const { scratch } = useTestHome();
  for (let index = 0; index < 3000; index++) writeFileSync(join(scratch, `f${index}`), '');
  const { entries } = await browseFolder(scratch);
  expect(entries.length).toBe(3000);
  expect(entries[2]?.name).toBe('f2');
});

test('what is no folder, not there or not absolute is named', async () => {
  const { scratch } = useTestHome();
  writeFileSync(join(scratch, 'file'), '');
  const ask = (path: string): Promise<unknown> => browseFolder(path).catch(errorToData);
  expect(await ask(join(scratch, 'none'))).toMatchObject({
    code: 'file-not-found',
    message: `There is no folder ${scratch}/none.`,
  });
  expect(await ask(join(scratch, 'file'))).toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining('is not a folder'),
  });
  for (const path of ['', 'relative', '~', '/a\0b']) expect(await ask(path)).toMatchObject({ code: 'invalid-input' });
  expect(await ask(`/${'x'.repeat(300)}`)).toMatchObject({ code: 'file-unreadable' });
});

test('a folder this user may not read is named', async () => {
  const { scratch } = useTestHome();
  const folder = join(scratch, 'closed');
  mkdirSync(folder);
  chmodSync(folder, 0);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    // Node's threads keep the ids of the process, so this also holds for the asynchronous calls.
    expect(await browseFolder(folder).catch(errorToData)).toMatchObject({
      code: 'file-unreadable',
      hint: expect.stringContaining('allow your user'),
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
});
