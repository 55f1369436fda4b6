import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatManifest, measureArchive } from '../../../core/transfer/archive-manifest.ts';
import { openArchive } from '../../../core/transfer/archive-reader.ts';
import { createFileSource } from '../../../core/transfer/archive-source.ts';
import { planArchive } from '../../../core/transfer/archive-writer.ts';
import { buildTarHeader } from '../../../core/transfer/tar-header.ts';
import { qemuImg } from '../../kit/disk-images.ts';
import { hashFolder } from '../../kit/hash-folder.ts';
import { type CoreOfTest, getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';
import { createRandom } from '../../rounds/random.ts';

const quiet = { signal: new AbortController().signal, progress: () => {} };

/** A machine with a snapshot, exported. */
async function exportSmall(core: CoreOfTest): Promise<string> {
  await core.machine.create({ name: 'web', ...tinyMachine, diskSize: 1024 ** 2, firmware: 'bios' }, {});
  await core.core.handlers.snapshot.create({ machine: 'web', name: 'one' }, {});
  const file = join(core.scratch, 'web.bothy');
  await core.machine.export({ machine: 'web', file }, {});
  return file;
}

/** Importing it must fail, and the machines be what they were byte for byte. Gives the error. */
async function expectRefused(core: CoreOfTest, file: string): Promise<unknown> {
  const machines = join(core.folder, 'machines');
  const before = hashFolder(machines);
  const failure = await getFailure(core.machine.import({ file }, {}));
  expect(hashFolder(machines)).toEqual(before);
  return failure;
}

test('any bit flipped and any end cut off is found, and nothing is left', { timeout: 600_000 }, async () => {
  const core = useCore();
  const content = readFileSync(await exportSmall(core));
  const seed = Number(process.env['BOTHY_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  const file = join(core.scratch, 'bad.bothy');
  for (let round = 0; round < 400; round += 1) {
    const bit = Math.floor(random.below(content.length * 8));
    const changed = Buffer.from(content);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(file, changed);
    const failure = await expectRefused(core, file);
    expect(failure, `seed ${seed}, bit ${bit}`).toMatchObject({ code: 'archive-invalid' });
  }
  for (let round = 0; round < 200; round += 1) {
    const length = Math.floor(random.below(content.length));
    writeFileSync(file, content.subarray(0, length));
    const failure = await expectRefused(core, file);
    expect(failure, `seed ${seed}, length ${length}`).toMatchObject({ code: 'archive-invalid' });
  }
});

// biome-ignore lint/suspicious/noExplicitAny: the whole point is that it is not what the types say.
type Loose = any;

/** What is changed in an archive that is right otherwise, its checksum included: what it says, and its files unpacked in a folder. */
interface Spoilt {
  readonly machine: Loose;
  readonly folder: string;
  /** Names of the files, in order. */
  readonly names: string[];
}

async function spoil(good: string, bad: string, scratch: string, change: (what: Spoilt) => void): Promise<string> {
  const folder = join(scratch, 'unpacked');
  mkdirSync(folder);
  const archive = await openArchive(good);
  await archive.extract(folder, quiet);
  await archive.close();
  const machine = structuredClone(archive.manifest.machine);
  const names = archive.manifest.files.map(({ name }) => name);
  change({ machine, folder, names });
  const sources = names.map((name) => createFileSource(name, join(folder, name), statSync(join(folder, name)), null));
  const file = await open(bad, 'w');
  await planArchive(machine, 'Bothy 0', sources).write(file, quiet);
  await file.close();
  return bad;
}

/** Changes the saved configuration of the one snapshot. */
function changeSaved({ machine, folder }: Spoilt, change: (saved: Loose) => void): void {
  const path = join(folder, 'snapshots', machine.timeline.snapshots[0].id, 'saved.json');
  const saved = JSON.parse(readFileSync(path, 'utf8'));
  change(saved);
  writeFileSync(path, JSON.stringify(saved));
}

/** The overlay of the present, and the layer below it. */
function findDisks({ machine, folder }: Spoilt): { top: string; base: string; baseName: string } {
  const base = machine.timeline.snapshots[0].layers[0].file;
  return { top: join(folder, machine.disks[0].file), base: join(folder, base), baseName: base.replace('disks/', '') };
}

function rebase(path: string, backing: string, format = 'qcow2'): void {
  qemuImg('rebase', '-u', '-f', 'qcow2', '-b', backing, '-F', format, path);
}

describe('an archive that reaches out is refused:', () => {
  const cases: Readonly<Record<string, [code: string, change: (what: Spoilt) => void]>> = {
    'a disk that builds on a file of the host': ['image-unsafe', (what) => rebase(findDisks(what).top, '/etc/passwd', 'raw')],
    'a disk that builds on one by a relative name': [
      'image-unsafe',
      (what) => rebase(findDisks(what).top, '../../../../etc/passwd', 'raw'),
    ],
    'a disk that builds on something over the network': [
      'image-unsafe',
      (what) => rebase(findDisks(what).top, 'nbd://localhost/x', 'raw'),
    ],
    'a disk that builds on a description': [
      'image-unsafe',
      (what) => rebase(findDisks(what).top, 'json:{"driver":"file","filename":"/etc/passwd"}', 'raw'),
    ],
    'a disk that builds on another as another format': [
      'image-unsafe',
      (what) => {
        const { top, baseName } = findDisks(what);
        rebase(top, baseName, 'vmdk');
      },
    ],
    'disks that build on each other': [
      'image-unsafe',
      (what) => {
        const { base, top } = findDisks(what);
        rebase(base, top.replace(/.*\//, ''));
      },
    ],
    'a disk with its data in another file': [
      'image-unsafe',
      (what) => {
        const { base } = findDisks(what);
        const image = readFileSync(base);
        image[79] = (image[79] ?? 0) | 4;
        writeFileSync(base, image);
      },
    ],
    'a disk that needs what nobody knows': [
      'image-invalid',
      (what) => {
        const { base } = findDisks(what);
        const image = readFileSync(base);
        image[72] = 0x80;
        writeFileSync(base, image);
      },
    ],
    'an encrypted disk': [
      'image-invalid',
      (what) => {
        const { base } = findDisks(what);
        const image = readFileSync(base);
        image.writeUInt32BE(2, 32);
        writeFileSync(base, image);
      },
    ],
    'a disk of an absurd size': [
      'image-invalid',
      (what) => {
        const { base } = findDisks(what);
        const image = readFileSync(base);
        image.writeBigUInt64BE(2n ** 60n, 24);
        writeFileSync(base, image);
      },
    ],
    'a disk whose tables are damaged': [
      'image-invalid',
      (what) => {
        const { base } = findDisks(what);
        const image = readFileSync(base);
        // The refcounts of the first clusters.
        image.fill(0, 2 * 65_536, 2 * 65_536 + 8);
        writeFileSync(base, image);
      },
    ],
    'a disk that is no image': ['image-invalid', (what) => writeFileSync(findDisks(what).base, 'hello')],
    'a snapshot that holds a raw disk': [
      'image-unsafe',
      (what) => {
        const [disk] = what.machine.disks;
        disk.format = 'raw';
        disk.file = what.machine.timeline.snapshots[0].layers[0].file;
        what.names.splice(what.names.indexOf(findTopName(what)), 1);
      },
    ],
    'a disk nothing is built from': [
      'image-invalid',
      (what) => {
        writeFileSync(join(what.folder, 'disks/more.qcow2'), readFileSync(findDisks(what).base));
        what.names.push('disks/more.qcow2');
      },
    ],
    'a disk outside the folder': [
      'archive-invalid',
      ({ machine }) => Object.assign(machine.disks[0], { file: '../../../etc/passwd' }),
    ],
    'UEFI variables outside the folder': [
      'archive-invalid',
      ({ machine }) => Object.assign(machine, { firmware: 'uefi', nvram: '/etc/passwd' }),
    ],
    'a TPM outside the folder': ['archive-invalid', ({ machine }) => Object.assign(machine, { tpm: '../../tpm' })],
    'a kernel of the host': [
      'archive-invalid',
      ({ machine }) => Object.assign(machine, { kernel: { kernel: '/etc/passwd', initrd: null, append: '' } }),
    ],
    'an initrd of the host in a snapshot': [
      'archive-invalid',
      (what) => {
        mkdirSync(join(what.folder, 'boot'));
        writeFileSync(join(what.folder, 'boot/kernel-0'), 'kernel');
        what.names.push('boot/kernel-0');
        changeSaved(what, (saved) => {
          saved.configuration.kernel = { kernel: 'boot/kernel-0', initrd: '/etc/passwd', append: '' };
        });
      },
    ],
    'a machine type with more in it': [
      'archive-invalid',
      ({ machine }) => Object.assign(machine, { machineType: 'pc-q35-7.2,kernel=/etc/passwd' }),
    ],
    'a machine type with more in it in a snapshot': [
      'archive-invalid',
      (what) => changeSaved(what, (saved) => Object.assign(saved.configuration, { machineType: 'pc-q35-7.2,dumpdtb=/tmp/x' })),
    ],
    'a saved configuration whose disk is raw': [
      'archive-invalid',
      (what) => changeSaved(what, (saved) => Object.assign(saved.configuration.disks[0], { format: 'raw' })),
    ],
    'a saved CPU with more in it': [
      'archive-invalid',
      (what) => {
        what.machine.timeline.snapshots[0].state = 'running';
        const name = `snapshots/${what.machine.timeline.snapshots[0].id}/memory.state`;
        writeFileSync(join(what.folder, name), 'memory');
        what.names.push(name);
        const launch = { cpu: 'max -blockdev /etc/passwd', hasUserNetwork: true, firmwareCode: null };
        changeSaved(what, (saved) => {
          saved.memory = { state: 'running', accelerator: 'tcg', qemuVersion: '7.2.0', launch, bytes: 6 };
        });
      },
    ],
    'memory of another length than it says': [
      'archive-invalid',
      (what) => {
        const name = `snapshots/${what.machine.timeline.snapshots[0].id}/memory.state`;
        writeFileSync(join(what.folder, name), 'memory');
        what.names.push(name);
        const launch = { cpu: 'max', hasUserNetwork: true, firmwareCode: null };
        changeSaved(what, (saved) => {
          saved.memory = { state: 'running', accelerator: 'tcg', qemuVersion: '7.2.0', launch, bytes: 7 };
        });
      },
    ],
    'a snapshot without its facts': [
      'archive-invalid',
      (what) =>
        what.names.splice(
          what.names.findIndex((name) => name.endsWith('saved.json')),
          1,
        ),
    ],
    'facts that are no facts': ['archive-invalid', (what) => changeSaved(what, (saved) => Object.assign(saved, { more: 1 }))],
    'a snapshot that grew from a later one': [
      'archive-invalid',
      ({ machine }) => Object.assign(machine.timeline.snapshots[0], { parent: machine.timeline.snapshots[0].id }),
    ],
    'a snapshot with an impossible name': [
      'archive-invalid',
      ({ machine }) => Object.assign(machine.timeline.snapshots[0], { name: 'a\u001b[2Jb' }),
    ],
    'a merge that was begun': [
      'archive-invalid',
      ({ machine }) => machine.timeline.merges.push({ disk: 'disk0', from: 'disks/a.qcow2', into: '../x' }),
    ],
    'memory in another place': ['archive-invalid', ({ machine }) => Object.assign(machine.timeline, { memory: '../../x' })],
    'a machine with an impossible name': ['archive-invalid', ({ machine }) => Object.assign(machine, { name: '../web' })],
    'a machine with a key nobody knows': ['archive-invalid', ({ machine }) => Object.assign(machine, { hooks: ['rm -rf'] })],
    'a machine of a newer Bothy': ['archive-invalid', ({ machine }) => Object.assign(machine, { schemaVersion: 99 })],
  };
  for (const [name, [code, change]] of Object.entries(cases)) {
    test(name, async () => {
      const core = useCore();
      const file = await spoil(await exportSmall(core), join(core.scratch, 'bad.bothy'), core.scratch, change);
      const failure = await expectRefused(core, file);
      expect(failure).toMatchObject({ code, message: expect.stringContaining(file), hint: expect.any(String) });
    });
  }

  test('but what was only set for another host is left out, and told', async () => {
    const core = useCore();
    const file = await spoil(await exportSmall(core), join(core.scratch, 'odd.bothy'), core.scratch, (what) => {
      const odd = { cdrom: '/etc/passwd', extraArguments: ['-drive', 'file=/etc/passwd'] };
      Object.assign(what.machine, odd);
      what.machine.network.bootFile = '/etc/passwd';
      changeSaved(what, (saved) => Object.assign(saved.configuration, odd));
    });
    const { machine, notices } = await core.machine.import({ file }, {});
    expect(notices).toEqual([
      'Its CD drive is empty in the machine: the medium was a file of another host.',
      'The extra QEMU arguments of the machine were left out: -drive file=/etc/passwd',
      'The network boot file of the machine was left out: it was a file of another host.',
      'It has a new UUID and MAC address, since the machine it was exported from is here.',
      'Its CD drive is empty in the snapshot “one”: the medium was a file of another host.',
      'The extra QEMU arguments of the snapshot “one” were left out: -drive file=/etc/passwd',
    ]);
    const argv = async () => (await core.machine.qemu({ machine: machine.id }, {})).shell;
    expect(await argv()).not.toContain('passwd');
    await core.core.handlers.snapshot.restore({ machine: machine.id, snapshot: 'one', present: 'discard' }, {});
    expect(await argv()).not.toContain('passwd');
  });

  test('a machine of a newer QEMU becomes one that this host can start', async () => {
    const core = useCore();
    const file = await spoil(await exportSmall(core), join(core.scratch, 'new.bothy'), core.scratch, ({ machine }) => {
      machine.machineType = 'pc-q35-99.0';
    });
    const { machine, notices } = await core.machine.import({ file }, {});
    expect(notices).toContainEqual(expect.stringMatching(/^It was made for a newer QEMU \(pc-q35-99\.0\)/));
    const types = await Promise.all(['web', machine.id].map((one) => core.machine.info({ machine: one }, {})));
    expect(new Set(types.map(({ definition }) => definition?.machineType)).size).toBe(1);
  });

  test('and what needs more room than there is is not begun', async () => {
    const core = useCore();
    const { id } = await core.machine.create({ name: 'raw', ...tinyMachine, diskSize: 1024 ** 2 }, {});
    const machine = JSON.parse(readFileSync(join(core.folder, 'machines', id, 'machine.json'), 'utf8'));
    Object.assign(machine.disks[0], { format: 'raw' });
    const files = [{ name: machine.disks[0].file, size: 2 ** 43, pieces: null }];
    const manifest = formatManifest({ format: 'bothy-machine', version: 1, writtenBy: 'Bothy 0', machine, files });
    const file = join(core.scratch, 'big.bothy');
    writeFileSync(file, Buffer.concat([buildTarHeader('manifest.json', manifest.length), manifest]));
    truncateSync(file, measureArchive(manifest.length, files).totalBytes);
    expect(await expectRefused(core, file)).toMatchObject({ code: 'not-enough-space' });
  });
});

function findTopName({ names, machine }: Spoilt): string {
  const base = machine.timeline.snapshots[0].layers[0].file;
  return names.find((name) => name.startsWith('disks/') && name !== base) ?? '';
}
