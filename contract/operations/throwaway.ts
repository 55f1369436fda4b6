import { machineSummarySchema } from '../machine.ts';
import { defineOperation } from '../operation.ts';
import { matrixRowSchema, matrixWishSchema, startedThrowawaySchema, throwawayWishSchema } from '../throwaway.ts';
import { driving, machineReference, starting } from './parts.ts';

/** Machines that vanish when they are off. `machine.kill` ends one at once. */
export const throwawayOperations = {
  create: defineOperation({
    kind: 'task',
    title: 'Start a throwaway machine',
    input: throwawayWishSchema,
    output: startedThrowawaySchema,
    errors: [...starting, 'invalid-input', 'name-taken', 'cancelled'],
    cli: { command: 'run' },
  }),
  keep: defineOperation({
    kind: 'task',
    title: 'Keep a throwaway machine',
    /** From the first moment on it does not vanish; then its disks are made independent of the template while it goes on. */
    input: machineReference.extend({ name: machineReference.shape.machine.optional() }),
    output: machineSummarySchema,
    errors: [...driving, 'invalid-input', 'name-taken', 'not-enough-space', 'image-invalid', 'tool-failed', 'cancelled'],
    cli: { command: 'keep' },
  }),
  matrix: defineOperation({
    kind: 'stream',
    title: 'Run a command over several templates',
    input: matrixWishSchema,
    output: matrixRowSchema,
    errors: [...starting, 'invalid-input', 'cancelled'],
    cli: { command: 'run' },
  }),
} as const;
