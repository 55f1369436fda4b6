import { z } from 'zod';
import { maxParallel } from './limits.ts';
import { machineSummarySchema, portForwardSchema } from './machine.ts';

/** What an instant clone of a template is to be. Memory is MiB; what is left out is as in the template. */
export const throwawayWishSchema = z.strictObject({
  template: z.string(),
  name: z.string().optional(),
  memoryMiB: z.number().optional(),
  cpus: z.number().optional(),
  network: z.enum(['user', 'none']).optional(),
  ports: z.array(portForwardSchema).optional(),
  /** It ends after this time, at most a year. */
  ttlSeconds: z.number().optional(),
  /** Whether it ends with the process that asks; else it is on its own. */
  isOwned: z.boolean().optional(),
  /** Whether a command follows at once, with which the guest is told its new name; else it is told right after the start. */
  hasCommand: z.boolean().optional(),
});
export type ThrowawayWish = z.infer<typeof throwawayWishSchema>;

/** A throwaway that runs. `notice` says why it was booted instead of going on from the template's memory. */
export const startedThrowawaySchema = z.strictObject({
  machine: machineSummarySchema,
  isWarm: z.boolean(),
  notice: z.string().nullable(),
  /** Milliseconds by phase, in order: where the time went. */
  phases: z.array(z.strictObject({ name: z.string(), ms: z.number() })),
});
export type StartedThrowaway = z.infer<typeof startedThrowawaySchema>;

/** A command in a guest; one that ran out of time was ended and has the exit code 124. Output is text with what is not UTF-8 replaced, cut to its last 64 KiB each. */
export const commandResultSchema = z.strictObject({
  exitCode: z.int(),
  stdout: z.string(),
  stderr: z.string(),
  isCut: z.boolean(),
  seconds: z.number(),
});
export type CommandResult = z.infer<typeof commandResultSchema>;

/** A command as it is asked for; `env` entries are `NAME=value`. */
export const commandWishSchema = z.strictObject({
  command: z.array(z.string()).min(1),
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*=/)).optional(),
  workdir: z.string().optional(),
  timeoutSeconds: z.number().positive().max(31_536_000).optional(),
});
export type CommandWish = z.infer<typeof commandWishSchema>;

/** One template of a matrix: what has come of the command so far. Each event of a matrix is one row, whole. */
export const matrixRowSchema = z.strictObject({
  /** Place in the list of templates that was asked for; a template can be named twice. */
  index: z.int(),
  template: z.string(),
  state: z.enum(['waiting', 'starting', 'running', 'done', 'failed', 'cancelled']),
  /** Null until the command ended; 124 when it ran out of time. */
  exitCode: z.int().nullable(),
  /** How long the command has run, without the start of its machine; null before. */
  seconds: z.number().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  isCut: z.boolean(),
  notice: z.string().nullable(),
  /** What Bothy itself failed at. */
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).nullable(),
  /** The screen when the command ended, as PNG. */
  screenshotBase64: z.base64().nullable(),
});
export type MatrixRow = z.infer<typeof matrixRowSchema>;

export const matrixWishSchema = commandWishSchema.extend({
  templates: z.array(z.string()).min(1).max(maxParallel),
  /** How many at once; as many as fit when left out, at most the host's CPUs. */
  parallel: z.int().positive().max(maxParallel).optional(),
  memoryMiB: z.number().optional(),
  network: z.enum(['user', 'none']).optional(),
});
export type MatrixWish = z.infer<typeof matrixWishSchema>;

/** Memory of a machine's QEMU as the kernel counts it (proc(5), smaps_rollup). Bytes. */
const memoryStatsSchema = z.strictObject({
  /** What the guest was given. */
  guestBytes: z.int(),
  /** Its own pages: what ending it gives back. */
  privateBytes: z.int(),
  privateDirtyBytes: z.int(),
  /** Pages it shares with others, counted in full. */
  sharedBytes: z.int(),
  /** Proportional set size: shared pages divided among those that share them. */
  pssBytes: z.int(),
});
export type MemoryStats = z.infer<typeof memoryStatsSchema>;

export const machineStatsSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Null when it is not on. */
  memory: memoryStatsSchema.nullable(),
  cpuSeconds: z.number().nullable(),
  host: z.strictObject({ totalBytes: z.int(), availableBytes: z.int() }),
  /** How many more like it would fit into the memory that is available now; null when it is not on. */
  moreWouldFit: z.int().nullable(),
});
export type MachineStats = z.infer<typeof machineStatsSchema>;
