import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Piece } from '../../../core/transfer/archive-manifest.ts';
import { isArchiveHead, openArchive } from '../../../core/transfer/archive-reader.ts';
import { type ArchiveSource, buildSource, createFileSource } from '../../../core/transfer/archive-source.ts';
import { planArchive } from '../../../core/transfer/archive-writer.ts';
import { buildTarHeader } from '../../../core/transfer/tar-header.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { getFailure } from '../../kit/use-core.ts';
import { createRandom } from '../../rounds/random.ts';

const quiet = { signal: new AbortController().signal, progress: () => {} };

async function writeArchive(path: string, sources: readonly ArchiveSource[]): Promise<number> {
  const plan = planArchive({ id: 'x', name: 'web' }, 'Bothy 0', sources);
  const file = await open(path, 'wx');
  try {
    await plan.write(file, quiet);
  } finally {
    await file.close();
  }
  return plan.totalBytes;
}

/** Unpacks into a new folder; what fails leaves the folder to look at. */
async function unpack(path: string, folder: string): Promise<void> {
  const archive = await openArchive(path);
  try {
    mkdirSync(folder);
    await archive.extract(folder, quiet);
  } finally {
    await archive.close();
  }
}

const sources = [
  buildSource('disks/disk0.qcow2', Buffer.from('a disk, not really')),
  buildSource('snapshots/abcdefgh/memory.state', Buffer.alloc(512, 7)),
  buildSource('nvram.fd', Buffer.alloc(0)),
];

describe('an archive', () => {
  test('gives back what was put in, and is as large as planned', async () => {
    const { scratch } = useTestHome();
    const path = join(scratch, 'web.bothy');
    expect(await writeArchive(path, sources)).toBe(statSync(path).size);
    await unpack(path, join(scratch, 'out'));
    expect(readFileSync(join(scratch, 'out/disks/disk0.qcow2'), 'utf8')).toBe('a disk, not really');
    expect(readFileSync(join(scratch, 'out/snapshots/abcdefgh/memory.state'))).toEqual(Buffer.alloc(512, 7));
    expect(readFileSync(join(scratch, 'out/nvram.fd'))).toEqual(Buffer.alloc(0));
    expect(isArchiveHead(readFileSync(path))).toBe(true);
  });

  test('keeps the holes of a file as holes', async () => {
    const { scratch } = useTestHome();
    const from = join(scratch, 'sparse');
    const size = 8 * 1024 ** 3;
    writeFileSync(from, 'begin');
    truncateSync(from, size);
    appendFileSync(from, 'end');
    const pieces: Piece[] = [
      [0, 4096],
      [size, 3],
    ];
    const path = join(scratch, 'web.bothy');
    await writeArchive(path, [createFileSource('disks/disk0.raw', from, statSync(from), pieces, Buffer.from('BEG'))]);
    expect(statSync(path).size).toBeLessThan(16 * 1024);
    await unpack(path, join(scratch, 'out'));
    const out = join(scratch, 'out/disks/disk0.raw');
    expect(statSync(out)).toMatchObject({ size: size + 3 });
    expect(statSync(out).blocks * 512).toBeLessThan(64 * 1024);
    const file = await open(out, 'r');
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const tail = await file.read(Buffer.alloc(5), 0, 5, size - 2);
    await file.close();
    expect(buffer.toString()).toBe('BEGin\0\0\0');
    expect(tail.buffer.toString()).toBe('\0\0end');
  });

  test('is stopped when a file changed since it was planned', async () => {
    const { scratch } = useTestHome();
    const from = join(scratch, 'disk');
    writeFileSync(from, 'one');
    const source = createFileSource('disks/disk0.raw', from, statSync(from), null);
    writeFileSync(from, 'two!');
    expect(await getFailure(writeArchive(join(scratch, 'web.bothy'), [source]))).toMatchObject({ code: 'busy' });
  });

  test('can be cancelled both ways', async () => {
    const { scratch } = useTestHome();
    const path = join(scratch, 'web.bothy');
    const controller = new AbortController();
    const context = { signal: controller.signal, progress: () => controller.abort() };
    const big = join(scratch, 'big');
    writeFileSync(big, Buffer.alloc(3 * 1024 ** 2));
    const plan = planArchive({ id: 'x', name: 'web' }, 'Bothy 0', [
      createFileSource('disks/disk0.raw', big, statSync(big), null),
    ]);
    const file = await open(path, 'wx');
    expect(await getFailure(plan.write(file, context))).toMatchObject({ code: 'cancelled' });
    await plan.write(file, quiet);
    await file.close();
    const archive = await openArchive(path);
    expect(await getFailure(archive.extract(join(scratch, 'out'), context))).toMatchObject({ code: 'cancelled' });
    await archive.close();
  });
});

describe('an archive is refused', () => {
  test('with any bit flipped, and with its end cut off or something added', async () => {
    const { scratch } = useTestHome();
    const good = join(scratch, 'good');
    const bytes = await writeArchive(good, sources);
    const content = readFileSync(good);
    const random = createRandom(Number(process.env['BOTHY_TEST_SEED'] ?? 1));
    const bad = join(scratch, 'bad');
    const tryIt = async (what: string, changed: Buffer): Promise<void> => {
      writeFileSync(bad, changed);
      const failure = await getFailure(unpack(bad, join(scratch, 'out')));
      expect(failure, what).toMatchObject({ code: 'archive-invalid', message: expect.stringContaining(bad) });
      rmSync(join(scratch, 'out'), { recursive: true, force: true });
    };
    for (let round = 0; round < 100; round += 1) {
      const bit = Math.floor(random.below(bytes * 8));
      const changed = Buffer.from(content);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await tryIt(`bit ${bit} flipped`, changed);
    }
    for (let round = 0; round < 50; round += 1) {
      const length = Math.floor(random.below(bytes));
      await tryIt(`cut to ${length}`, content.subarray(0, length));
    }
    await tryIt('longer', Buffer.concat([content, Buffer.alloc(512)]));
  });

  const odd: Readonly<Record<string, unknown>> = {
    'a name that climbs': [{ name: 'disks/../../x', size: 1, pieces: null }],
    'an absolute name': [{ name: '/etc/passwd', size: 1, pieces: null }],
    'a hidden name': [{ name: 'disks/.x', size: 1, pieces: null }],
    'a name nobody uses': [{ name: 'run.json', size: 1, pieces: null }],
    'a name with a line feed': [{ name: 'disks/x\n', size: 1, pieces: null }],
    'a name twice': [1, 2].map(() => ({ name: 'disks/x', size: 1, pieces: null })),
    'an absurd size': [{ name: 'disks/x', size: 2 ** 52, pieces: null }],
    'a negative size': [{ name: 'disks/x', size: -1, pieces: null }],
    'pieces that overlap': [
      {
        name: 'disks/x',
        size: 9,
        pieces: [
          [0, 5],
          [4, 1],
        ],
      },
    ],
    'pieces beyond the end': [{ name: 'disks/x', size: 3, pieces: [[0, 4]] }],
    'a key nobody knows': [{ name: 'disks/x', size: 1, pieces: null, link: '/etc/passwd' }],
  };
  for (const [name, files] of Object.entries(odd)) {
    test(`with ${name}`, async () => {
      const { scratch } = useTestHome();
      const path = join(scratch, 'bad');
      writeTar(path, { format: 'bothy-machine', version: 1, writtenBy: 'me', machine: { id: 'x', name: 'x' }, files });
      expect(await getFailure(openArchive(path))).toMatchObject({ code: 'archive-invalid' });
    });
  }

  test('when it is of a newer kind, with the advice to update', async () => {
    const { scratch } = useTestHome();
    const path = join(scratch, 'new');
    writeTar(path, { format: 'bothy-machine', version: 2 });
    expect(await getFailure(openArchive(path))).toMatchObject({ code: 'archive-invalid', hint: 'Update Bothy.' });
  });

  test('with a link in the place of a file, whatever its digest', async () => {
    const { scratch } = useTestHome();
    const path = join(scratch, 'bad');
    const good = join(scratch, 'good');
    await writeArchive(good, [buildSource('disks/disk0.raw', Buffer.alloc(0))]);
    const content = readFileSync(good);
    const at = content.lastIndexOf('disks/disk0.raw');
    content.write('2', at + 156, 'latin1');
    content.write('/etc/passwd', at + 157, 'latin1');
    const digest = createHash('sha256')
      .update(content.subarray(0, at + 512))
      .digest('hex');
    content.write(digest, at + 1024, 'latin1');
    writeFileSync(path, content);
    expect(await getFailure(unpack(path, join(scratch, 'out')))).toMatchObject({ code: 'archive-invalid' });
    expect(readdirSync(join(scratch, 'out'))).toEqual([]);
  });

  test('when it is a folder, or empty', async () => {
    const { scratch } = useTestHome();
    expect(await getFailure(openArchive(scratch))).toMatchObject({ code: 'archive-invalid' });
    writeFileSync(join(scratch, 'empty'), '');
    expect(await getFailure(openArchive(join(scratch, 'empty')))).toMatchObject({ code: 'archive-invalid' });
  });
});

/** A file that begins like an archive with this manifest. */
function writeTar(path: string, manifest: object): void {
  const text = Buffer.from(JSON.stringify(manifest));
  writeFileSync(path, Buffer.concat([buildTarHeader('manifest.json', text.length), text, Buffer.alloc(4096)]));
}
