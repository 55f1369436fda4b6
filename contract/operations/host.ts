import { z } from 'zod';
import { doctorReportSchema, folderListingSchema, hostFactsSchema } from '../host.ts';
import { defineOperation } from '../operation.ts';
import { nothing } from './parts.ts';

/** This computer. */
export const hostOperations = {
  doctor: defineOperation({
    kind: 'query',
    title: 'Check this host',
    input: z.strictObject({ fresh: z.boolean().optional() }),
    output: doctorReportSchema,
    errors: [],
    cli: { command: 'doctor' },
  }),
  facts: defineOperation({
    kind: 'query',
    title: 'Show host facts',
    input: nothing,
    output: hostFactsSchema,
    errors: [],
    cli: { excluded: '`doctor` shows more' },
  }),
  browse: defineOperation({
    kind: 'query',
    title: 'List a folder',
    input: z.strictObject({
      /** Absolute path; the home folder when left out. */
      folder: z.string().optional(),
    }),
    output: folderListingSchema,
    errors: ['file-not-found', 'file-unreadable', 'invalid-input'],
    cli: { excluded: 'a shell has `ls`' },
  }),
} as const;
