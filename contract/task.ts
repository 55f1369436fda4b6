import { z } from 'zod';
import { appErrorSchema } from './app-error.ts';

/** Work that may take long. `progress` is 0..1, or null when it cannot be known. */
export const taskSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  machineId: z.string().nullable(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  progress: z.number().min(0).max(1).nullable(),
  step: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  error: appErrorSchema.nullable(),
});
export type Task = z.infer<typeof taskSchema>;
