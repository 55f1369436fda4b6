import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { taskSchema } from '../task.ts';
import { nothing } from './parts.ts';

/** Long work. */
export const taskOperations = {
  list: defineOperation({
    kind: 'query',
    title: 'List tasks',
    input: nothing,
    output: z.array(taskSchema),
    errors: [],
    cli: { excluded: 'a command is its own task; Ctrl+C cancels it' },
  }),
  cancel: defineOperation({
    kind: 'change',
    title: 'Cancel a task',
    input: z.strictObject({ id: z.string() }),
    output: nothing,
    errors: ['not-found'],
    cli: { excluded: 'a command is its own task; Ctrl+C cancels it' },
  }),
} as const;
