import { z } from 'zod';

/** What a snapshot, or anything else that is made anew now and then, is told apart by: lower-case letters and digits. */
export const snapshotIdSchema = z.string().regex(/^[0-9a-z]{8}$/);

/** One layer of a disk: `disk` is the disk's id, `file` is relative to the machine's folder. */
export const layerSchema = z.strictObject({ disk: z.string(), file: z.string() });
export type Layer = z.infer<typeof layerSchema>;

/** What the machine was when the snapshot was taken; memory and devices are kept of one that was on. */
export const snapshotStateSchema = z.enum(['off', 'running', 'paused']);
export type SnapshotState = z.infer<typeof snapshotStateSchema>;

/**
 * A node of the timeline as `machine.json` keeps it. Everything else of it is in `snapshots/<id>/`. A snapshot that is not in
 * `machine.json` does not exist.
 */
export const snapshotRecordSchema = z.strictObject({
  id: snapshotIdSchema,
  parent: snapshotIdSchema.nullable(),
  name: z.string(),
  note: z.string(),
  createdAt: z.iso.datetime(),
  state: snapshotStateSchema,
  /** The layers that hold its disks; nobody writes to them any more. */
  layers: z.array(layerSchema),
});
export type SnapshotRecord = z.infer<typeof snapshotRecordSchema>;

/** A merge that was begun: the content of `from` goes down into `into`, its backing file, which then takes its place. */
export const mergeRecordSchema = z.strictObject({ disk: z.string(), from: z.string(), into: z.string() });
export type MergeRecord = z.infer<typeof mergeRecordSchema>;

/** All nodes of a machine, and where its present stands among them. */
export const timelineSchema = z.strictObject({
  /** The snapshot the present grew from; null when it grew from none. */
  current: snapshotIdSchema.nullable(),
  /** The folder with the memory the next start goes on from, relative to the machine's folder; null when it starts afresh. */
  memory: z.string().nullable(),
  snapshots: z.array(snapshotRecordSchema),
  merges: z.array(mergeRecordSchema),
});
export type Timeline = z.infer<typeof timelineSchema>;

export const emptyTimeline: Timeline = { current: null, memory: null, snapshots: [], merges: [] };
