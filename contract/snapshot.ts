import { z } from 'zod';
import { problemSchema } from './machine.ts';
import { snapshotStateSchema } from './timeline.ts';

/** A machine by id and name, for lists of who depends on whom. */
export const machineLinkSchema = z.strictObject({ id: z.string(), name: z.string() });
export type MachineLink = z.infer<typeof machineLinkSchema>;

/** A node of a machine's timeline. Sizes are bytes as the file system counts them. */
export const snapshotInfoSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  note: z.string(),
  createdAt: z.string(),
  parent: z.string().nullable(),
  state: snapshotStateSchema,
  /** What its own disk layers hold; data it shares with its parent is counted there. */
  diskBytes: z.int(),
  /** Memory and device state; 0 for a machine that was off. */
  memoryBytes: z.int(),
  /** All that it holds on disk: layers, memory, UEFI variables, TPM state, thumbnail. */
  sizeBytes: z.int(),
  hasThumbnail: z.boolean(),
  /** Whether the present grew from this node. */
  isCurrent: z.boolean(),
  /** Machines whose disks build on its layers. */
  clones: z.array(machineLinkSchema),
});
export type SnapshotInfo = z.infer<typeof snapshotInfoSchema>;

/** A machine's timeline: its snapshots, oldest first, and where its present stands. */
export const timelineInfoSchema = z.strictObject({
  snapshots: z.array(snapshotInfoSchema),
  /** The snapshot the present grew from. */
  current: z.string().nullable(),
  /** Whether something would be lost if the present were thrown away. */
  isPresentChanged: z.boolean(),
  presentBytes: z.int(),
  /** `saved` for a machine whose memory waits on disk. */
  memory: z.enum(['none', 'saved']),
  /** Layers of deleted snapshots that are not merged yet. */
  unfinished: z.strictObject({ layers: z.int(), bytes: z.int() }),
  /** Why no snapshot can be taken now, when that is so. */
  problem: problemSchema.nullable(),
});
export type TimelineInfo = z.infer<typeof timelineInfoSchema>;

/** What deleting snapshots does to the files of a machine. Paths are relative to the machine's folder. */
export const deletePlanSchema = z.strictObject({
  snapshots: z.array(machineLinkSchema),
  /** Files and folders that go. */
  removed: z.array(z.strictObject({ file: z.string(), bytes: z.int() })),
  /** Layers whose content goes down into the one below; `bytes` are copied at most. */
  merged: z.array(z.strictObject({ file: z.string(), into: z.string(), bytes: z.int() })),
  /** Layers that stay, and who needs them. */
  kept: z.array(z.strictObject({ file: z.string(), bytes: z.int(), neededBy: z.string() })),
  freedBytes: z.int(),
});
export type DeletePlan = z.infer<typeof deletePlanSchema>;

/**
 * How a snapshot was taken: of a machine that was off or suspended; of a running one, most of whose memory was copied before it stood
 * still (`precopy`); or of one that stood still already.
 */
export const snapshotMethodSchema = z.enum(['off', 'suspended', 'precopy', 'paused']);

export const takenSnapshotSchema = z.strictObject({
  snapshot: snapshotInfoSchema,
  method: snapshotMethodSchema,
  /** How long the guest stood still by QEMU's own clock, in ms; null when it did not run. */
  pausedMs: z.number().nullable(),
});
export type TakenSnapshot = z.infer<typeof takenSnapshotSchema>;

/** Whose disks a machine's disks build on, and whose build on its. */
export const relationsSchema = z.strictObject({ buildsOn: z.array(machineLinkSchema), dependents: z.array(machineLinkSchema) });
export type Relations = z.infer<typeof relationsSchema>;
