import { describe, expect, it } from 'vitest';
import type { MachineDefinition } from '../../../contract/machine.ts';
import { emptyTimeline } from '../../../contract/timeline.ts';
import {
  buildChanges,
  buildSettingsValues,
  findSettingsErrorField,
  findSettingsProblems,
  moveDevice,
} from '../../../renderer/features/settings/settings-form.ts';

const definition: MachineDefinition = {
  schemaVersion: 3,
  id: 'abcdefghij12',
  name: 'web',
  uuid: '2f2b0a52-9a54-4b0e-8a3e-3b9a4e0d1111',
  createdAt: '2026-01-01T00:00:00Z',
  tags: ['lab'],
  memoryMiB: 1024,
  cpus: 2,
  firmware: 'bios',
  accelerator: 'auto',
  machineType: 'pc-q35-7.2',
  disks: [],
  nvram: null,
  tpm: null,
  cdrom: '/isos/a.iso',
  bootOrder: ['disk', 'cdrom', 'network'],
  kernel: null,
  network: { mode: 'user', mac: '52:54:00:00:00:01', ports: [{ host: 2222, guest: 22, protocol: 'tcp' }], bootFile: null },
  extraArguments: ['-device', 'usb-audio'],
  timeline: emptyTimeline,
  template: null,
  throwaway: null,
  origin: null,
};
const values = buildSettingsValues(definition);

describe('the settings of a machine', () => {
  it('are unchanged until something is changed', () => {
    expect(buildChanges(values, definition)).toEqual({});
    expect(findSettingsProblems(values, new Set())).toEqual({});
  });

  it('name only what differs', () => {
    expect(buildChanges({ ...values, cdrom: '', memoryMiB: 2048, tags: [] }, definition)).toEqual({
      cdrom: null,
      memoryMiB: 2048,
      tags: [],
    });
  });

  it('take a kernel with its initrd and command line', () => {
    expect(buildChanges({ ...values, kernel: '/boot/vmlinuz', append: 'quiet' }, definition)).toEqual({
      kernel: { kernel: '/boot/vmlinuz', initrd: null, append: 'quiet' },
    });
  });

  it('stop at what cannot be', () => {
    const odd = { ...values, name: 'a b', memoryMiB: 8, cpus: '' as const, cdrom: 'a.iso', initrd: '/initrd' };
    expect(Object.keys(findSettingsProblems(odd, new Set())).sort()).toEqual(['cdrom', 'cpus', 'kernel', 'memory', 'name']);
  });

  it('show an error at the setting it is about', () => {
    const missing = { code: 'file-not-found', message: '' } as const;
    expect(findSettingsErrorField(missing, { cdrom: '/x' })).toBe('cdrom');
    expect(findSettingsErrorField(missing, { kernel: null })).toBe('kernel');
    expect(findSettingsErrorField({ code: 'invalid-input', message: '' }, { tags: [] })).toBe('tags');
    expect(findSettingsErrorField({ code: 'busy', message: '' }, { tags: [], cpus: 1 })).toBeNull();
  });

  it('move a boot device by one place, and no further than the ends', () => {
    expect(moveDevice(['disk', 'cdrom', 'network'], 'network', -1)).toEqual(['disk', 'network', 'cdrom']);
    expect(moveDevice(['disk', 'cdrom'], 'disk', -1)).toEqual(['disk', 'cdrom']);
  });
});
