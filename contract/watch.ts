import { z } from 'zod';
import { activityEntrySchema, machineSummarySchema } from './machine.ts';
import { taskSchema } from './task.ts';

/**
 * What a face is told while it watches: first one `snapshot`, then changes in order. `sequence` grows by one with each
 * event of one watch; a gap means events were lost and the watch must be started anew.
 */
export const watchEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('snapshot'),
    sequence: z.int(),
    machines: z.array(machineSummarySchema),
    tasks: z.array(taskSchema),
  }),
  z.strictObject({ type: z.literal('machine'), sequence: z.int(), machine: machineSummarySchema }),
  z.strictObject({ type: z.literal('machine-removed'), sequence: z.int(), id: z.string() }),
  /** Templates came, changed or went: `template.list` tells what they are now. */
  z.strictObject({ type: z.literal('templates'), sequence: z.int() }),
  z.strictObject({ type: z.literal('activity'), sequence: z.int(), id: z.string(), entry: activityEntrySchema }),
  z.strictObject({ type: z.literal('task'), sequence: z.int(), task: taskSchema }),
]);
export type WatchEvent = z.infer<typeof watchEventSchema>;
