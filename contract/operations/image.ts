import { z } from 'zod';
import type { ErrorCode } from '../app-error.ts';
import {
  checkResultSchema,
  compactResultSchema,
  imageFormatSchema,
  imageInfoSchema,
  imageReference,
  imageResultSchema,
  imageSchema,
  resizeResultSchema,
} from '../image.ts';
import { defineOperation } from '../operation.ts';
import { changing, lookup, nothing } from './parts.ts';

const looking: readonly ErrorCode[] = [...lookup, 'machine-broken', 'invalid-input', 'file-not-found', 'file-unreadable'];
const working: readonly ErrorCode[] = [
  ...changing,
  'invalid-input',
  'file-not-found',
  'file-unreadable',
  'image-invalid',
  'image-unsafe',
  'not-enough-space',
  'permission-denied',
  'qemu-missing',
  'qemu-too-old',
  'tool-failed',
  'cancelled',
];

/** Disk images: those of machines, and any other. */
export const imageOperations = {
  list: defineOperation({
    kind: 'query',
    title: 'List images',
    input: nothing,
    output: z.strictObject({ images: z.array(imageSchema) }),
    errors: [],
    cli: { command: 'image list' },
  }),
  info: defineOperation({
    kind: 'query',
    title: 'Show an image',
    input: imageReference,
    output: imageInfoSchema,
    errors: [...looking, 'image-invalid', 'qemu-missing', 'qemu-too-old', 'tool-failed'],
    cli: { command: 'image info' },
  }),
  create: defineOperation({
    kind: 'task',
    title: 'Create image',
    input: z.strictObject({
      /** Absolute path. */
      file: z.string(),
      /** What a guest sees, in bytes. */
      size: z.number(),
      /** Told by the file's ending when left out. */
      format: imageFormatSchema.optional(),
      /** Reserves all of its space at once: qcow2 and raw only. */
      preallocate: z.boolean().optional(),
      /** Replaces a file that is there. */
      force: z.boolean().optional(),
    }),
    output: imageResultSchema,
    errors: [...working, 'file-exists'],
    cli: { command: 'image create' },
  }),
  resize: defineOperation({
    kind: 'change',
    title: 'Resize image',
    input: imageReference.extend({
      size: z.number(),
      /** Allows the size to be smaller, which cuts off what is at the end; never for a machine's disk. */
      shrink: z.boolean().optional(),
      preallocate: z.boolean().optional(),
    }),
    output: resizeResultSchema,
    errors: [...working, 'qemu-failed', 'qemu-unresponsive'],
    cli: { command: 'image resize' },
  }),
  convert: defineOperation({
    kind: 'task',
    title: 'Convert image',
    input: imageReference.extend({
      /** Absolute path; left out, a machine's raw disk becomes qcow2 in its place. */
      to: z.string().optional(),
      format: imageFormatSchema.optional(),
      /** Smaller and slower to make; qcow2 only. */
      compress: z.boolean().optional(),
      force: z.boolean().optional(),
    }),
    output: imageResultSchema,
    errors: [...working, 'file-exists'],
    cli: { command: 'image convert' },
  }),
  check: defineOperation({
    kind: 'task',
    title: 'Check image',
    input: imageReference.extend({
      /** `leaks` gives wasted space back; `all` also mends what is corrupt, on a copy, and keeps the original. */
      repair: z.enum(['leaks', 'all']).optional(),
    }),
    output: checkResultSchema,
    errors: working,
    cli: { command: 'image check' },
  }),
  compact: defineOperation({
    kind: 'task',
    title: 'Compact image',
    input: imageReference,
    output: compactResultSchema,
    errors: working,
    cli: { command: 'image compact' },
  }),
  delete: defineOperation({
    kind: 'change',
    title: 'Delete image',
    input: imageReference,
    output: z.strictObject({ file: z.string(), freedBytes: z.int() }),
    errors: [...changing, 'invalid-input', 'file-not-found', 'file-unreadable', 'permission-denied'],
    cli: { command: 'image delete' },
  }),
} as const;
