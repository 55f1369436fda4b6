import { z } from 'zod';

/** One finding of `bothy doctor`. `fix` is the command or step that mends it. */
export const checkSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  status: z.enum(['ok', 'warning', 'failed']),
  message: z.string(),
  fix: z.string().nullable(),
});
export type Check = z.infer<typeof checkSchema>;

/** How KVM was judged: `reason` is a short code, `message` a sentence. */
export const kvmReportSchema = z.strictObject({
  usable: z.boolean(),
  reason: z.enum(['ok', 'no-device', 'no-permission', 'internal-error', 'hung', 'wrong-result', 'probe-failed', 'qemu-missing']),
  message: z.string(),
  fix: z.string().nullable(),
  /** How long the probe took; null when it did not run or came from the cache of an earlier one. */
  durationMs: z.number().nullable(),
  /** The furthest stage letter the probe guest reported. */
  stage: z.string().nullable(),
});
export type KvmReport = z.infer<typeof kvmReportSchema>;

/** What `bothy doctor` found. Sizes are bytes, memory is MiB. */
export const doctorReportSchema = z.strictObject({
  checks: z.array(checkSchema),
  kvm: kvmReportSchema,
  accelerator: z.enum(['kvm', 'tcg']),
  qemu: z
    .strictObject({ path: z.string(), version: z.string(), machineType: z.string(), features: z.record(z.string(), z.boolean()) })
    .nullable(),
  qemuImg: z.strictObject({ path: z.string(), version: z.string() }).nullable(),
  firmware: z.strictObject({ bios: z.boolean(), uefi: z.string().nullable(), uefiSecure: z.string().nullable() }),
  memory: z.strictObject({ totalMiB: z.int(), availableMiB: z.int() }),
  disk: z.strictObject({ folder: z.string(), freeBytes: z.int() }),
  cpus: z.int(),
  helpers: z.record(z.string(), z.string().nullable()),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;

/** What the New machine dialog needs to know about the host. */
export const hostFactsSchema = z.strictObject({
  totalMemoryMiB: z.int(),
  cpus: z.int(),
  freeBytes: z.int(),
  accelerator: z.enum(['kvm', 'tcg']),
  /** Why `auto` does not use KVM, null when it does. */
  notice: z.string().nullable(),
  uefi: z.boolean(),
  /** Whether swtpm is installed, so that machines can have a TPM. */
  tpm: z.boolean(),
  home: z.string(),
  version: z.string(),
});
export type HostFacts = z.infer<typeof hostFactsSchema>;

/** A folder of the host as the file chooser shows it. Sizes are bytes. */
export const folderListingSchema = z.strictObject({
  folder: z.string(),
  parent: z.string().nullable(),
  entries: z.array(
    z.strictObject({ name: z.string(), path: z.string(), kind: z.enum(['folder', 'file']), size: z.int().nullable() }),
  ),
});
export type FolderListing = z.infer<typeof folderListingSchema>;
