import { defineOperation } from '../operation.ts';
import { watchEventSchema } from '../watch.ts';
import { nothing } from './parts.ts';

/** What changes. */
export const watchOperations = {
  all: defineOperation({
    kind: 'stream',
    title: 'Watch for changes',
    input: nothing,
    output: watchEventSchema,
    errors: [],
    cli: { excluded: 'commands end; `wait` waits for one thing' },
  }),
} as const;
