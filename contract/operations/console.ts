import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { lookup, machineReference } from './parts.ts';

/** Consoles of running machines. */
export const consoleOperations = {
  ticket: defineOperation({
    kind: 'change',
    title: 'Open a console',
    input: machineReference.extend({ kind: z.enum(['vnc', 'serial']) }),
    output: z.strictObject({ ticket: z.string() }),
    errors: lookup,
    cli: { excluded: 'the command line opens the sockets itself (`console`, `display`)' },
  }),
} as const;
