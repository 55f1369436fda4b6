import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../contract/host.ts';
import {
  applySource,
  buildCreateDefaults,
  buildCreateInput,
  type CreateValues,
  findCreateProblems,
  findErrorField,
} from '../../../renderer/features/create/create-form.ts';

const facts: HostFacts = {
  totalMemoryMiB: 16_384,
  cpus: 8,
  freeBytes: 1e12,
  accelerator: 'tcg',
  notice: null,
  uefi: true,
  tpm: true,
  home: '/home/you',
  version: '0.1.0',
};
const good: CreateValues = { ...buildCreateDefaults(facts), name: 'web', isoPath: '/isos/debian.iso' };

describe('the form of a new machine', () => {
  it('has defaults that work', () => {
    expect(findCreateProblems(good, facts, new Set())).toEqual({});
    expect(buildCreateInput(good)).toMatchObject({
      name: 'web',
      source: { type: 'iso', path: '/isos/debian.iso' },
      memoryMiB: 2048,
      cpus: 2,
      diskSize: 20 * 1024 ** 3,
      start: true,
    });
  });

  it.each<[Partial<CreateValues>, string]>([
    [{ name: '' }, 'name'],
    [{ name: 'taken' }, 'name'],
    [{ isoPath: '' }, 'source'],
    [{ isoPath: 'debian.iso' }, 'source'],
    [{ memoryMiB: 32_768 }, 'memory'],
    [{ memoryMiB: '' }, 'memory'],
    [{ cpus: 0 }, 'cpus'],
    [{ cpus: 10_000 }, 'cpus'],
    [{ diskGiB: '' }, 'disk'],
    [{ extraDisksGiB: [5, ''] }, 'extraDisks'],
    [{ extraDisksGiB: [0] }, 'extraDisks'],
    [{ extraDisksGiB: [100_000] }, 'extraDisks'],
    [{ extraDisksGiB: [1, 1, 1, 1, 1, 1, 1, 1] }, 'extraDisks'],
    [{ ports: [{ host: 2222, guest: '', protocol: 'tcp' }] }, 'ports'],
    [
      {
        ports: [
          { host: 80, guest: 80, protocol: 'tcp' },
          { host: 80, guest: 81, protocol: 'tcp' },
        ],
      },
      'ports',
    ],
  ])('stops at %o', (patch, field) => {
    expect(Object.keys(findCreateProblems({ ...good, ...patch }, facts, new Set(['taken'])))).toEqual([field]);
  });

  it('keeps the size of an image unless another is given', () => {
    const image = { ...applySource(good, 'image', good), imagePath: '/images/a.qcow2' };
    expect(findCreateProblems(image, facts, new Set())).toEqual({});
    expect(buildCreateInput(image)).not.toHaveProperty('diskSize');
  });

  it('gives further disks in bytes, eight in all', () => {
    expect(buildCreateInput(good)).not.toHaveProperty('extraDisks');
    expect(buildCreateInput({ ...good, extraDisksGiB: [5, 0.5] })).toMatchObject({
      extraDisks: [5 * 1024 ** 3, 512 * 1024 ** 2],
    });
    const alone = { ...good, diskGiB: 0, extraDisksGiB: [1, 1, 1, 1, 1, 1, 1, 1] };
    expect(findCreateProblems(alone, facts, new Set())).toEqual({});
  });

  it('asks for a TPM only when it was wanted', () => {
    expect(buildCreateInput(good)).not.toHaveProperty('tpm');
    expect(buildCreateInput({ ...good, hasTpm: true })).toMatchObject({ tpm: true });
  });

  it('takes a kernel with no disk, and one extra argument per line', () => {
    const kernel = {
      ...applySource(good, 'kernel', good),
      kernelPath: '/boot/vmlinuz',
      extraArguments: '-device\nusb-audio\n\n',
    };
    expect(buildCreateInput(kernel)).toMatchObject({
      source: { type: 'kernel', kernel: '/boot/vmlinuz' },
      diskSize: 0,
      extraArguments: ['-device', 'usb-audio'],
    });
  });

  it('puts errors where they belong', () => {
    expect(findErrorField({ code: 'image-unsafe', message: '' })).toBe('source');
    expect(findErrorField({ code: 'name-taken', message: '' })).toBe('name');
    expect(findErrorField({ code: 'qemu-failed', message: '' })).toBeNull();
  });
});
