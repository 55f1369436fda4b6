import { z } from 'zod';
import type { ErrorCode } from '../app-error.ts';
import { machineSummarySchema } from '../machine.ts';
import { defineOperation } from '../operation.ts';
import { deletePlanSchema, takenSnapshotSchema, timelineInfoSchema } from '../snapshot.ts';
import { changing, driving, lookup, machineReference, starting } from './parts.ts';

/** A snapshot by its name, its id, or an unambiguous prefix of its id. */
const snapshotReference = machineReference.extend({ snapshot: z.string() });
const storing: readonly ErrorCode[] = ['not-enough-space', 'image-invalid', 'tool-failed', 'qemu-missing', 'cancelled'];

/** The timeline of a machine. */
export const snapshotOperations = {
  list: defineOperation({
    kind: 'query',
    title: 'List snapshots',
    input: machineReference,
    output: timelineInfoSchema,
    errors: [...lookup, 'machine-broken'],
    cli: { command: 'snapshot list' },
  }),
  create: defineOperation({
    kind: 'task',
    title: 'Take a snapshot',
    input: machineReference.extend({ name: z.string().optional(), note: z.string().optional() }),
    output: takenSnapshotSchema,
    errors: [...driving, ...storing, 'invalid-input', 'name-taken'],
    cli: { command: 'snapshot create' },
  }),
  restore: defineOperation({
    kind: 'task',
    title: 'Restore a snapshot',
    input: snapshotReference.extend({
      /** What becomes of a present that has changed; refused with `wrong-state` when that is not said. */
      present: z.enum(['keep', 'discard']).optional(),
      /** The name of the snapshot that keeps the present. */
      keepAs: z.string().optional(),
    }),
    output: machineSummarySchema,
    errors: [...starting, ...storing, 'invalid-input', 'name-taken'],
    cli: { command: 'snapshot restore' },
  }),
  plan: defineOperation({
    kind: 'query',
    title: 'Show what deleting a snapshot does',
    input: snapshotReference.extend({ descendants: z.boolean().optional() }),
    output: deletePlanSchema,
    errors: [...lookup, 'machine-broken'],
    cli: { command: 'snapshot delete' },
  }),
  delete: defineOperation({
    kind: 'task',
    title: 'Delete a snapshot',
    input: snapshotReference.extend({ descendants: z.boolean().optional() }),
    output: deletePlanSchema,
    errors: [...driving, ...storing],
    cli: { command: 'snapshot delete' },
  }),
  edit: defineOperation({
    kind: 'change',
    title: 'Rename a snapshot',
    input: snapshotReference.extend({ name: z.string().optional(), note: z.string().optional() }),
    output: timelineInfoSchema,
    errors: [...changing, 'invalid-input', 'name-taken'],
    cli: { command: 'snapshot edit' },
  }),
  thumbnail: defineOperation({
    kind: 'query',
    title: 'Show the screen of a snapshot',
    input: snapshotReference,
    output: z.strictObject({ pngBase64: z.base64().nullable() }),
    errors: [...lookup, 'machine-broken'],
    cli: { excluded: 'a terminal shows no pictures; the file is `thumbnail.png` in the snapshot’s folder' },
  }),
} as const;
