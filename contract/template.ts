import { z } from 'zod';
import { maxReady } from './limits.ts';
import { layerSchema } from './timeline.ts';

/** When a machine that boots is ready to be frozen: as `wait --for` says it, `agent`, `ssh` or `serial:TEXT`. */
export const readinessSchema = z.string().regex(/^(agent|ssh|serial:.+)$/s);

/** The frozen memory of a template. The folder is relative to the template's own; `warm.json` in it tells what it fits. */
const warmRecordSchema = z.strictObject({
  folder: z.string().regex(/^warm-[0-9a-z]{8}$/),
  createdAt: z.iso.datetime(),
  /** The layers that fit this memory; nobody writes to them. */
  layers: z.array(layerSchema),
});
export type WarmRecord = z.infer<typeof warmRecordSchema>;

/** What makes a stored machine a template: its disks are never written, and it never runs as itself. */
export const templateRecordSchema = z.strictObject({
  /** The name of the machine it was made from. */
  source: z.string(),
  note: z.string(),
  /** Whether clones are to go on from frozen memory. */
  isWarmWanted: z.boolean(),
  /** When a boot counts as ready, so that it can be warmed again without a person; null when only a person can tell. */
  readyWhen: readinessSchema.nullable(),
  warm: warmRecordSchema.nullable(),
  /** Why it has no memory although it is wanted warm; or why a machine could not go on from the memory it has. */
  coldReason: z.string().nullable(),
  /** The version of QEMU with which warming it failed; by itself that is not tried again. */
  failedQemu: z.string().optional(),
  /** How many of its clones are to wait, started, for somebody to want one; none when left out. */
  keepReady: z.int().min(0).max(maxReady).optional(),
  /** Why the last one that was to wait could not be made. */
  readyProblem: z.string().optional(),
});
export type TemplateRecord = z.infer<typeof templateRecordSchema>;

/** What makes a machine a throwaway: it vanishes when it is off. */
export const throwawayRecordSchema = z.strictObject({
  /** The process that wanted it, with which it ends; null when it is on its own. Start time in clock ticks since boot. */
  owner: z.strictObject({ pid: z.int(), startTicks: z.int(), bootId: z.string() }).nullable(),
  expiresAt: z.iso.datetime().nullable(),
  /** Of a spare, which nobody has asked for yet: the memory it was started from, as its template's record names it. */
  spareOf: z.string().optional(),
});
export type ThrowawayRecord = z.infer<typeof throwawayRecordSchema>;

/** The template a machine was made from; it may be gone. */
export const originSchema = z.strictObject({ id: z.string(), name: z.string() });

/**
 * Whether clones of a template start at once: `warm`; or boot: `cold` by wish, `went-cold` for `coldReason`, `warming` while it is made;
 * or cannot be made, since a file they need is missing: `damaged`.
 */
const warmthSchema = z.enum(['warm', 'cold', 'went-cold', 'warming', 'damaged']);

/** A row of the list of templates. Sizes are bytes as the file system counts them, memory is MiB. */
export const templateInfoSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  source: z.string(),
  note: z.string(),
  createdAt: z.string(),
  warmth: warmthSchema,
  /** When its memory was frozen. */
  warmedAt: z.string().nullable(),
  /** Why it is not warm although it is wanted so, or why it cannot be used at all. */
  reason: z.string().nullable(),
  /** Whether somebody has to say when a boot of it is ready before it can be warmed again. */
  needsReadiness: z.boolean(),
  readyWhen: z.string().nullable(),
  firmware: z.enum(['bios', 'uefi', 'uefi-secure']),
  memoryMiB: z.int(),
  cpus: z.int(),
  network: z.string(),
  diskBytes: z.int(),
  /** The frozen memory on disk. */
  memoryBytes: z.int(),
  sizeBytes: z.int(),
  folder: z.string(),
  /** How many clones are to wait for somebody, started; how many do, and the memory of the host that is theirs alone. */
  keepReady: z.int(),
  ready: z.int(),
  readyBytes: z.int(),
  /** Why the last one could not be made; null when nothing was wrong. */
  readyProblem: z.string().nullable(),
  /** Machines whose disks build on it; throwaways among them. */
  usedBy: z.array(z.strictObject({ id: z.string(), name: z.string(), throwaway: z.boolean() })),
  /** The machine its own disks build on, which cannot be deleted before it is independent. */
  buildsOn: z.array(z.strictObject({ id: z.string(), name: z.string() })),
});
export type TemplateInfo = z.infer<typeof templateInfoSchema>;

/** What `template check` read: every file with what is wrong with it. */
export const templateCheckSchema = z.strictObject({
  name: z.string(),
  isWhole: z.boolean(),
  files: z.array(z.strictObject({ file: z.string(), bytes: z.int(), problem: z.string().nullable() })),
});
export type TemplateCheck = z.infer<typeof templateCheckSchema>;
