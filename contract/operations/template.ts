import { z } from 'zod';
import type { ErrorCode } from '../app-error.ts';
import { maxReady } from '../limits.ts';
import { defineOperation } from '../operation.ts';
import { readinessSchema, templateCheckSchema, templateInfoSchema } from '../template.ts';
import { changing, lookup, nothing, starting } from './parts.ts';

/** A template by its name, its id, or an unambiguous prefix of its id. */
const templateReference = z.strictObject({ template: z.string() });
const storing: readonly ErrorCode[] = ['not-enough-space', 'image-invalid', 'tool-failed', 'cancelled'];

/** Machines that were prepared, then frozen, to make others of. */
export const templateOperations = {
  list: defineOperation({
    kind: 'query',
    title: 'List templates',
    input: nothing,
    output: z.array(templateInfoSchema),
    errors: [],
    cli: { command: 'template list' },
  }),
  create: defineOperation({
    kind: 'task',
    title: 'Make a template',
    input: z.strictObject({
      machine: z.string(),
      name: z.string(),
      /** With memory: of a machine that is on as it is now, else of what it is when `readyWhen` has come true after a boot. */
      warm: z.boolean().optional(),
      readyWhen: readinessSchema.optional(),
      /** How long to wait for that; five minutes when left out. */
      timeoutSeconds: z.number().positive().max(86_400).optional(),
      /** From this snapshot instead of the present. */
      snapshot: z.string().optional(),
      /** A copy that needs nothing of the machine. */
      full: z.boolean().optional(),
      note: z.string().optional(),
    }),
    output: templateInfoSchema,
    errors: [...starting, ...storing, 'invalid-input', 'name-taken'],
    cli: { command: 'template create' },
  }),
  rebuild: defineOperation({
    kind: 'task',
    title: 'Warm a template again',
    input: templateReference.extend({
      /** Throw its memory away instead: its clones boot. */
      cold: z.boolean().optional(),
      readyWhen: readinessSchema.optional(),
      timeoutSeconds: z.number().positive().max(86_400).optional(),
      /** Nothing is done when what is made of it goes on from its memory by now, or is to boot. Not with `cold`. */
      ifNeeded: z.boolean().optional(),
    }),
    output: templateInfoSchema,
    errors: [...starting, ...storing, 'invalid-input'],
    cli: { command: 'template rebuild' },
  }),
  edit: defineOperation({
    kind: 'change',
    title: 'Change a template',
    input: templateReference.extend({
      name: z.string().optional(),
      note: z.string().optional(),
      /** How many clones are to wait, started, while a window or `bothy serve` is there to keep them. */
      keepReady: z.int().min(0).max(maxReady).optional(),
    }),
    output: templateInfoSchema,
    errors: [...changing, 'invalid-input', 'name-taken'],
    cli: { command: 'template edit' },
  }),
  check: defineOperation({
    kind: 'task',
    title: 'Check a template',
    input: templateReference,
    output: templateCheckSchema,
    errors: [...lookup, 'busy', 'machine-broken', 'tool-failed', 'cancelled'],
    cli: { command: 'template check' },
  }),
  delete: defineOperation({
    kind: 'task',
    title: 'Delete a template',
    input: templateReference.extend({
      /** Make the machines that build on it independent first; refused with `wrong-state` when there are some and this is not said. */
      detach: z.boolean().optional(),
    }),
    output: z.strictObject({ id: z.string(), name: z.string() }),
    errors: [...starting, ...storing],
    cli: { command: 'template delete' },
  }),
} as const;
