import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { machineConfigurationSchema } from '../../contract/machine.ts';
import { machineFile } from '../storage/file-names.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { writeMachineFile } from './machine-store.ts';

export const launchFactsSchema = z.strictObject({
  cpu: z.string(),
  hasUserNetwork: z.boolean(),
  firmwareCode: z.strictObject({ path: z.string(), format: z.enum(['raw', 'qcow2']) }).nullable(),
});

/** What of the host a running machine depends on for good: saved memory fits only a QEMU started with the same. */
export type LaunchFacts = z.infer<typeof launchFactsSchema>;

/**
 * `run.json`: the facts of the present run, or of the last one if that ended badly. It is written before QEMU is spawned
 * (`pid` null) and again when QEMU answers. It says what was started, never what state that is in.
 */
const runRecordSchema = z.strictObject({
  schemaVersion: z.literal(3),
  startedAt: z.iso.datetime(),
  bootId: z.string(),
  /** Process id and its start time in clock ticks since boot (proc(5), stat field 22): together they name one process. */
  process: z.strictObject({ pid: z.int(), startTicks: z.int() }).nullable(),
  accelerator: z.enum(['kvm', 'tcg']),
  notice: z.string().nullable(),
  qemuVersion: z.string(),
  argv: z.array(z.string()),
  launch: launchFactsSchema,
  runtimeFolder: z.string(),
  /** The configuration it was started with. */
  configuration: machineConfigurationSchema,
  /** Set once the run ended by a crash, until the next start. */
  crash: z.strictObject({ time: z.string(), message: z.string(), hint: z.string() }).nullable(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** Undefined when there is none; one that cannot be read counts as none, since the process itself is found by its folder. */
export function findRunRecord(folder: string): RunRecord | undefined {
  const file = join(folder, machineFile.run);
  // Most machines are off; asking first spares a list of a thousand as many exceptions.
  if (!existsSync(file)) return undefined;
  try {
    return runRecordSchema.parse(JSON.parse(readSmallFile(file)));
  } catch {
    return undefined;
  }
}

/** Not synced to disk: the record means nothing after the host restarts. */
export function writeRunRecord(folder: string, record: RunRecord): void {
  writeMachineFile(folder, machineFile.run, `${JSON.stringify(record)}\n`, { isDurable: false });
}

export function removeRunRecord(folder: string): void {
  rmSync(join(folder, machineFile.run), { recursive: true, force: true });
}
