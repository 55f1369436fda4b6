import { z } from 'zod';
import type { ErrorCode } from '../app-error.ts';

/** A machine by its name, its id, or an unambiguous prefix of its id. */
export const machineReference = z.strictObject({ machine: z.string() });
export const nothing = z.strictObject({});

/** What may go wrong when a machine is looked up, changed, driven, started: each includes the one before. */
export const lookup: readonly ErrorCode[] = ['not-found', 'ambiguous-name'];
export const changing: readonly ErrorCode[] = [...lookup, 'busy', 'machine-broken', 'wrong-state'];
export const driving: readonly ErrorCode[] = [...changing, 'qemu-failed', 'qemu-killed', 'qemu-unresponsive'];
export const starting: readonly ErrorCode[] = [
  ...driving,
  'port-taken',
  'qemu-missing',
  'qemu-too-old',
  'accelerator-unavailable',
  'firmware-missing',
  'helper-missing',
  'tool-failed',
  'file-not-found',
  'file-unreadable',
  'image-invalid',
  'image-unsafe',
  'not-enough-memory',
  'not-enough-space',
  'path-too-long',
  'permission-denied',
  'timed-out',
];
