import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/app-error.ts';
import { machineConfigurationSchema } from '../../contract/machine.ts';
import { launchFactsSchema } from '../machine/run-record.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { writeFileAtomically } from '../storage/write-file-atomically.ts';

/** Names inside a template's `warm-<8>/`, beside `nvram.fd` and `tpm/`. */
export const warmFile = { facts: 'warm.json', memory: 'memory.ram', devices: 'devices.state' } as const;

/**
 * `warm.json`: what frozen memory is, and all it fits. It goes on only under the same QEMU, accelerator and CPU, in a machine of
 * the same configuration; sizes are bytes, checksums SHA-256 in hexadecimal.
 */
const warmStateSchema = z.strictObject({
  schemaVersion: z.literal(1),
  frozenAt: z.iso.datetime(),
  /** As the frozen QEMU was started; `disks` are those of the clone in the same order and places. */
  configuration: machineConfigurationSchema,
  accelerator: z.enum(['kvm', 'tcg']),
  /** As QEMU prints it, with the distribution's own part. */
  qemuVersion: z.string(),
  /** The host's CPU under KVM, which its guest has seen; null under TCG, where QEMU's version says it all. */
  hostCpu: z.string().nullable(),
  launch: launchFactsSchema,
  /** How long the UEFI code is that the frozen QEMU was started with; null for BIOS. */
  firmwareBytes: z.int().nullable(),
  devices: z.strictObject({ bytes: z.int().positive(), sha256: z.string() }),
  /**
   * The guest's memory, a file as long as the memory. `modifiedNs` is its time stamp in nanoseconds, as decimal digits; the
   * checksum is over what is not zero (core/template/fingerprint.ts).
   */
  memory: z.strictObject({ bytes: z.int().positive(), modifiedNs: z.string(), sha256: z.string() }),
  guest: z.strictObject({
    /** Whether the agent answered when it was frozen, or nobody could ask. */
    hasAgent: z.boolean(),
    /** `guest-get-osinfo`'s id, such as `debian` or `mswindows`; null when it did not say. */
    os: z.string().nullable(),
    /** Whether a shell waits in it for a clone's first command (core/agent/park-shell.ts). */
    isShellParked: z.boolean(),
  }),
});
export type WarmState = z.infer<typeof warmStateSchema>;

/** What a guest said of itself, and was made to do, before it was frozen. */
export type GuestFacts = WarmState['guest'];

/** Reads the facts of frozen memory. Throws `image-invalid` that names the file. */
export function readWarmState(folder: string): WarmState {
  const file = join(folder, warmFile.facts);
  try {
    return warmStateSchema.parse(JSON.parse(readSmallFile(file)));
  } catch (error) {
    throw new AppError('image-invalid', `${file} cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}

export function writeWarmState(folder: string, state: WarmState): void {
  writeFileAtomically(join(folder, warmFile.facts), `${JSON.stringify(state, null, 2)}\n`);
}
