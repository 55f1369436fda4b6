import { describe, expect, it } from 'vitest';
import { type FitFacts, type FitWish, judgeFit } from '../../../core/template/find-fit.ts';
import type { WarmState } from '../../../core/template/warm-state.ts';

const state: WarmState = {
  schemaVersion: 1,
  frozenAt: '2026-01-01T00:00:00.000Z',
  configuration: {
    ...{ schemaVersion: 3, id: 'abcdefghijkl', name: 'base', uuid: '7a1f0c9e-52d4-4c8b-9a65-3f0e8d1b2c47' },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', tags: [], memoryMiB: 512, cpus: 2, firmware: 'uefi', accelerator: 'auto' },
    ...{
      machineType: 'pc-q35-7.2',
      disks: [],
      nvram: 'warm-00000000/nvram.fd',
      tpm: null,
      cdrom: null,
      bootOrder: [],
      kernel: null,
    },
    network: { mode: 'user', mac: '52:54:00:00:00:01', ports: [], bootFile: null },
    extraArguments: [],
  },
  accelerator: 'kvm',
  qemuVersion: '7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)',
  hostCpu: 'GenuineIntel 6 154 3 fpu vme',
  launch: { cpu: 'host', hasUserNetwork: true, firmwareCode: { path: '/usr/share/OVMF/code.fd', format: 'raw' } },
  firmwareBytes: 1000,
  devices: { bytes: 200, sha256: '00' },
  memory: { bytes: 512 * 1024 * 1024, modifiedNs: '123', sha256: '00' },
  guest: { hasAgent: true, os: 'debian', isShellParked: false },
};

const facts: FitFacts = {
  qemuVersion: state.qemuVersion,
  accelerator: 'kvm',
  hostCpu: state.hostCpu,
  firmwareBytes: 1000,
  devicesBytes: 200,
  memory: { bytes: state.memory.bytes, modifiedNs: '123' },
  missing: [],
};

describe('judgeFit', () => {
  it('finds nothing where all is as it was', () => {
    expect(judgeFit(state, facts, {})).toBeNull();
    expect(judgeFit(state, facts, { memoryMiB: 512, cpus: 2 })).toBeNull();
    // Under software emulation the host's CPU is no matter.
    expect(
      judgeFit({ ...state, accelerator: 'tcg', hostCpu: null }, { ...facts, accelerator: 'tcg', hostCpu: null }, {}),
    ).toBeNull();
  });

  it.each<[string, Partial<FitFacts>, RegExp]>([
    ['another QEMU', { qemuVersion: '10.0.2' }, /^it was frozen with QEMU 7\.2\.22 .*, and this is QEMU 10\.0\.2$/],
    ['another accelerator', { accelerator: 'tcg' }, /^it was frozen with KVM, and now it is software emulation \(TCG\)$/],
    ['no accelerator', { accelerator: { none: 'KVM was asked for.' } }, /^it was frozen with KVM, and KVM was asked for\.$/],
    ['another CPU', { hostCpu: 'AuthenticAMD 25 1 1 fpu' }, /CPU is another/],
    ['firmware that is gone', { firmwareBytes: null }, /^its UEFI firmware \/usr\/share\/OVMF\/code\.fd is not there any more$/],
    ['other firmware', { firmwareBytes: 2000 }, /^the UEFI firmware .* is another/],
    ['memory that is gone', { memory: null }, /^its file memory\.ram is missing$/],
    [
      'memory that was cut',
      { memory: { bytes: 5, modifiedNs: '123' } },
      /^its file memory\.ram has 5 bytes instead of 536870912$/,
    ],
    [
      'memory that was written',
      { memory: { bytes: state.memory.bytes, modifiedNs: '124' } },
      /^its file memory\.ram was changed$/,
    ],
    ['devices that are gone', { devicesBytes: null }, /^its file devices\.state is missing$/],
    ['devices that were cut', { devicesBytes: 199 }, /^its file devices\.state has 199 bytes instead of 200$/],
    ['a layer that is gone', { missing: ['disks/disk0.qcow2'] }, /^its file disks\/disk0\.qcow2 is missing$/],
  ])('tells of %s', (_what, changed, reason) => {
    expect(judgeFit(state, { ...facts, ...changed }, {})).toEqual({ reason: expect.stringMatching(reason), isOfWish: false });
  });

  it.each<[FitWish, RegExp]>([
    [{ memoryMiB: 1024 }, /^it is to have 1024 MiB of memory, and was frozen with 512$/],
    [{ cpus: 1 }, /^it is to have 1 CPU, and was frozen with 2$/],
  ])('tells apart what only this clone is to be: %j', (wish, reason) => {
    expect(judgeFit(state, facts, wish)).toEqual({ reason: expect.stringMatching(reason), isOfWish: true });
  });
});
