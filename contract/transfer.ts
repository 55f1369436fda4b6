import { z } from 'zod';
import { diskBusSchema, firmwareSchema, machineSummarySchema } from './machine.ts';

/** What a machine can be exported as; each is also the ending of its files. */
export const exportFormats = ['bothy', 'ova', 'qcow2'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What `machine.export` takes. */
export const exportInputSchema = z.strictObject({
  machine: z.string(),
  /** Absolute path. */
  file: z.string(),
  /** When left out, what the file's ending says. */
  format: z.enum(exportFormats).optional(),
  /** The machine as this snapshot has it; the present when left out, which is possible only of a machine that is not on. */
  snapshot: z.string().optional(),
  /** Whether a file that is there may be replaced. */
  force: z.boolean().optional(),
});
export type ExportInput = z.infer<typeof exportInputSchema>;

export const exportResultSchema = z.strictObject({
  /** Absolute paths; several only for the disks of a machine as qcow2. */
  files: z.array(z.string()),
  bytes: z.int(),
  /** What is not in there. */
  notices: z.array(z.string()),
});
export type ExportResult = z.infer<typeof exportResultSchema>;

/** What `machine.import` takes: a `.bothy` file, an OVA, an OVF with its files beside it, or a disk image. */
export const importInputSchema = z.strictObject({
  /** Absolute path. */
  file: z.string(),
  /** When left out, the machine's own name, with a number if it is taken. */
  name: z.string().optional(),
  /** For what other programs made; a `.bothy` file tells both. */
  firmware: firmwareSchema.optional(),
  bus: diskBusSchema.optional(),
  start: z.boolean().optional(),
});
export type ImportInput = z.infer<typeof importInputSchema>;

export const importResultSchema = z.strictObject({
  machine: machineSummarySchema,
  /** What was changed or left out. */
  notices: z.array(z.string()),
});
export type ImportResult = z.infer<typeof importResultSchema>;
