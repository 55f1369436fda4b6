import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Settings } from '../../../contract/machine.ts';
import { createCore } from '../../../core/create-core.ts';
import { withMonitor } from '../../../core/qemu/with-monitor.ts';
import { writeIsoImage, writeKernel, writeRawImage } from '../../kit/disk-images.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

interface Drive {
  readonly qdev: string;
  readonly inserted?: { readonly ro: boolean; readonly image: { readonly filename: string } };
}

/** What QEMU itself says is in the CD drive. */
async function readDrive(folder: string, id: string): Promise<Drive['inserted']> {
  const drives = await withMonitor(join(folder, 'run', id), (monitor) => monitor.execute<Drive[]>('query-block'));
  return drives.find(({ qdev }) => qdev.includes('cd0-device'))?.inserted;
}

describe('settings', () => {
  test('are changed each, and those that wait for the next start are listed', async () => {
    const { machine, scratch } = useCore();
    await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
    const kernel = { kernel: writeKernel(join(scratch, 'k')), initrd: writeRawImage(join(scratch, 'i')), append: 'a b' };
    const settings: Settings = {
      name: 'renamed',
      memoryMiB: 96,
      cpus: 2,
      bootOrder: ['cdrom'],
      accelerator: 'auto',
      ports: [{ host: 47_022, guest: 22, protocol: 'tcp' }],
      tags: ['a', 'b c'],
      kernel,
      extraArguments: ['-action', 'watchdog=none'],
    };
    const info = await machine.set({ machine: 'one', settings }, {});
    const { ports, ...rest } = settings;
    expect(info.definition).toMatchObject({ ...rest, network: { ports } });
    expect(info.pending.map(({ setting }) => setting).toSorted()).toEqual(
      ['accelerator', 'boot order', 'cpus', 'extra arguments', 'kernel', 'memory', 'port forwards'].toSorted(),
    );
    expect(info.pending.find(({ setting }) => setting === 'memory')).toEqual({
      setting: 'memory',
      now: '64 MiB',
      next: '96 MiB',
    });
    await machine.kill({ machine: 'renamed' }, {});
    await machine.set({ machine: 'renamed', settings: { accelerator: 'tcg' } }, {});
    await machine.start({ machine: 'renamed' }, {});
    expect(await machine.info({ machine: 'renamed' }, {})).toMatchObject({ pending: [], ports, memoryMiB: 96 });
  });

  test('are changed all or none', async () => {
    const { machine, folder, scratch } = useCore();
    const { id } = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
    await machine.create({ name: 'taken', ...tinyMachine }, {});
    const file = join(folder, 'machines', id, 'machine.json');
    const before = readFileSync(file, 'utf8');
    const iso = writeIsoImage(join(scratch, 'a.iso'));
    const bad: [Settings, string][] = [
      [{ cpus: 0 }, 'invalid-input'],
      [{ memoryMiB: 1e9 }, 'not-enough-memory'],
      [{ name: '../x' }, 'invalid-input'],
      [{ name: 'taken' }, 'name-taken'],
      [{ cdrom: '/no/such.iso' }, 'file-not-found'],
      [{ kernel: { kernel: 'relative', initrd: null, append: '' } }, 'invalid-input'],
      [{ bootOrder: ['disk', 'disk'] }, 'invalid-input'],
      [{ tags: ['\u001b'] }, 'invalid-input'],
      [{ extraArguments: ['a\0b'] }, 'invalid-input'],
    ];
    for (const [settings, code] of bad) {
      const all = { tags: ['new'], cdrom: iso, ...settings };
      expect(await getFailure(machine.set({ machine: 'one', settings: all }, {}))).toMatchObject({ code });
      expect(readFileSync(file, 'utf8')).toBe(before);
      expect(await readDrive(folder, id)).toBeUndefined();
    }
  });

  test('by two faces at once are both kept', async () => {
    const { machine, home } = useCore();
    await machine.create({ name: 'one', ...tinyMachine }, {});
    const other = createCore({ environment: home.environment });
    await Promise.all([
      ...[1, 2, 3].map((cpus) => machine.set({ machine: 'one', settings: { cpus } }, {})),
      ...[65, 66, 67].map((memoryMiB) => other.handlers.machine.set({ machine: 'one', settings: { memoryMiB } }, {})),
      other.handlers.machine.set({ machine: 'one', settings: { tags: ['x'] } }, {}),
    ]);
    const { definition } = await machine.info({ machine: 'one' }, {});
    expect(definition?.tags).toEqual(['x']);
    expect(definition?.cpus).toBeGreaterThanOrEqual(1);
    expect(definition?.memoryMiB).toBeGreaterThanOrEqual(65);
    await other.close();
  });

  test('of the CD drive reach the running machine, read-only, and two machines share a medium', async () => {
    const { machine, folder, scratch } = useCore();
    const first = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
    const second = await machine.create({ name: 'two', ...tinyMachine, start: true }, {});
    const a = writeIsoImage(join(scratch, 'a, "b"=c.iso'), 'A');
    const b = writeIsoImage(join(scratch, 'b.iso'), 'B');
    for (const { id } of [first, second]) {
      await machine.set({ machine: id, settings: { cdrom: a } }, {});
      expect(await readDrive(folder, id)).toMatchObject({ ro: true, image: { filename: a } });
    }
    await machine.set({ machine: 'one', settings: { cdrom: b } }, {});
    expect(await readDrive(folder, first.id)).toMatchObject({ image: { filename: b } });
    await machine.set({ machine: 'one', settings: { cdrom: null } }, {});
    expect(await readDrive(folder, first.id)).toBeUndefined();
    await machine.kill({ machine: 'two' }, {});
    await machine.start({ machine: 'two' }, {});
    expect(await readDrive(folder, second.id)).toMatchObject({ ro: true, image: { filename: a } });
    expect((await machine.info({ machine: 'two' }, {})).pending).toEqual([]);
  });
});
