import { randomBytes } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { machineFile } from '../storage/file-names.ts';

const alphabet = '0123456789abcdefghijklmnopqrstuv';

/** What tells things made by one change of a timeline from those of others: 8 letters and digits. */
export function makeGeneration(): string {
  return [...randomBytes(8)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

/** The file of a new layer, relative to the machine's folder. */
export function buildLayerFile(diskId: string, generation: string): string {
  return `${machineFile.disks}/${diskId}-${generation}.qcow2`;
}

/** Whether a file of `disks/` was put there by us; others are left alone. */
export function isLayerName(name: string): boolean {
  return /^disk[0-9]+(-[0-9a-z]{8})?\.qcow2$/.test(name);
}

/** Whether a name in a machine's folder is one of those that restores, suspends and templates make and leave. */
export function isGenerationName(name: string): boolean {
  return /^(nvram(-[0-9a-z]{8})?\.fd|tpm(-[0-9a-z]{8})?|(suspended|warm)-[0-9a-z]{8})$/.test(name);
}

/** How an overlay names its backing file: relative to its own folder, so that a home can be moved as a whole. */
export function buildBackingName(overlay: string, backing: string): string {
  return relative(dirname(overlay), backing);
}

/** The folder of a snapshot, relative to the machine's folder. */
export function buildSnapshotFolder(snapshotId: string): string {
  return join(machineFile.snapshots, snapshotId);
}
