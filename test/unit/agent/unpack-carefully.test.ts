import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Header } from 'tar/header';
import { expect, it, onTestFinished } from 'vitest';
import { unpackCarefully } from '../../../core/agent/unpack-carefully.ts';

interface Entry {
  readonly path: string;
  readonly type: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly mode?: number;
}

const file = (path: string): Entry => ({ path, type: 'File' });
const link = (path: string, linkpath: string): Entry => ({ path, type: 'SymbolicLink', linkpath });

/** A folder to unpack into, and one beside it that nothing may reach. */
function makeFolders(): { readonly inside: string; readonly outside: string } {
  const base = mkdtempSync(join(tmpdir(), 'unpack-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const [inside, outside] = [join(base, 'inside'), join(base, 'outside')];
  for (const folder of [inside, outside]) mkdirSync(folder);
  return { inside, outside };
}

async function* pack(entries: readonly Entry[]): AsyncGenerator<Buffer> {
  for (const { path, type, linkpath, mode = 0o644 } of entries) {
    const size = type === 'File' ? 4 : 0;
    const header = new Header({ path, type, mode, size, mtime: new Date(1e12), ...(linkpath === undefined ? {} : { linkpath }) });
    header.encode();
    if (header.block !== undefined) yield header.block;
    if (size > 0) yield Buffer.concat([Buffer.from('evil'), Buffer.alloc(508)]);
  }
  yield Buffer.alloc(1024);
}

it.each<[string, readonly Entry[]]>([
  ['a name that goes up', [file('../outside/x')]],
  ['a name that goes up later', [file('./a/../../outside/x')]],
  ['an absolute name', [file('/tmp/bothy-evil')]],
  ['a file below a link', [link('./a', '../outside'), file('./a/x')]],
  ['a file in place of a link', [link('./a', '../outside/x'), file('./a')]],
  ['a file below a link deeper down', [{ path: './d', type: 'Directory' }, link('./d/a', '../../outside'), file('./d/a/x')]],
  ['a hard link to a file outside', [{ path: './a', type: 'Link', linkpath: '../outside/x' }]],
  ['a hard link over a link', [link('./a', '../outside'), { path: './b', type: 'Link', linkpath: 'a/x' }]],
  ['a device', [{ path: './a', type: 'CharacterDevice' }]],
  ['a pipe', [{ path: './a', type: 'FIFO' }]],
])('refuses %s', async (_what, entries) => {
  const { inside, outside } = makeFolders();
  await expect(unpackCarefully(pack(entries), inside)).rejects.toMatchObject({ code: 'invalid-input' });
  expect(readdirSync(outside)).toEqual([]);
  expect(existsSync('/tmp/bothy-evil')).toBe(false);
});

it('unpacks files, folders and links, without set-id bits', async () => {
  const { inside } = makeFolders();
  const entries = [
    { path: './d', type: 'Directory', mode: 0o755 },
    { path: './d/a b', type: 'File', mode: 0o6750 },
    link('./d/l', '/nowhere'),
  ] satisfies Entry[];
  expect(await unpackCarefully(pack(entries), inside)).toEqual({ bytes: 4, files: 1 });
  expect(readFileSync(join(inside, 'd/a b'), 'utf8')).toBe('evil');
  const status = statSync(join(inside, 'd/a b'));
  expect([status.mode & 0o7777, status.mtimeMs]).toEqual([0o750, 1e12]);
  expect(readdirSync(join(inside, 'd')).toSorted()).toEqual(['a b', 'l']);
});
