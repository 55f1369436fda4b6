import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TemplateRecord } from '../../contract/template.ts';
import { emptyTimeline } from '../../contract/timeline.ts';
import { qemuImg } from './disk-images.ts';
import type { TestHome } from './test-home.ts';

/** A template to be written: what is left out is small and cold. */
export interface HandmadeTemplate extends Partial<Omit<TemplateRecord, 'warm'>> {
  /** Twelve letters or digits. */
  readonly id: string;
  readonly name: string;
  readonly memoryMiB?: number;
  readonly cpus?: number;
  readonly firmware?: 'bios' | 'uefi';
}

/** Writes a cold template by hand, in one step, as a change of another face would appear. */
export function writeTemplate(home: TestHome, template: HandmadeTemplate): void {
  const { id, name, memoryMiB = 64, cpus = 1, firmware = 'bios', ...record } = template;
  const machines = join(home.folder, 'machines');
  const making = join(home.scratch, `making-${id}`);
  mkdirSync(join(making, 'disks'), { recursive: true });
  mkdirSync(join(making, 'logs'));
  mkdirSync(machines, { recursive: true });
  qemuImg('create', '-q', '-f', 'qcow2', join(making, 'disks/disk0.qcow2'), '2G');
  writeFileSync(join(making, 'nvram.fd'), '');
  const definition = {
    schemaVersion: 3,
    id,
    name,
    uuid: '4f9a2c9e-6d7b-4a53-8b87-2f4b6f1f0a11',
    createdAt: '2026-07-01T08:00:00.000Z',
    tags: [],
    memoryMiB,
    cpus,
    firmware,
    accelerator: 'tcg',
    machineType: 'pc-q35-7.2',
    disks: [{ id: 'disk0', file: 'disks/disk0.qcow2', format: 'qcow2', bus: 'virtio' }],
    nvram: firmware === 'bios' ? null : 'nvram.fd',
    tpm: null,
    cdrom: null,
    bootOrder: ['disk'],
    kernel: null,
    network: { mode: 'user', mac: '52:54:00:12:34:56', ports: [], bootFile: null },
    extraArguments: [],
    timeline: emptyTimeline,
    template: { source: 'web', note: '', isWarmWanted: false, readyWhen: null, warm: null, coldReason: null, ...record },
    throwaway: null,
    origin: null,
  };
  writeFileSync(join(making, 'machine.json'), `${JSON.stringify(definition, null, 2)}\n`);
  const folder = join(machines, id);
  renameSync(making, folder);
  utimesSync(folder, new Date(), new Date());
}
