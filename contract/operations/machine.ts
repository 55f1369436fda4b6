import { z } from 'zod';
import {
  activityEntrySchema,
  createInputSchema,
  diskInfoSchema,
  machineInfoSchema,
  machineSummarySchema,
  settingsSchema,
} from '../machine.ts';
import { defineOperation } from '../operation.ts';
import { relationsSchema } from '../snapshot.ts';
import { commandResultSchema, commandWishSchema, machineStatsSchema } from '../throwaway.ts';
import { exportInputSchema, exportResultSchema, importInputSchema, importResultSchema } from '../transfer.ts';
import { changing, driving, lookup, machineReference, nothing, starting } from './parts.ts';

/** Machines: what they are, making them, turning them on and off. */
export const machineOperations = {
  list: defineOperation({
    kind: 'query',
    title: 'List machines',
    input: nothing,
    output: z.array(machineSummarySchema),
    errors: [],
    cli: { command: 'list' },
  }),
  info: defineOperation({
    kind: 'query',
    title: 'Show a machine',
    input: machineReference,
    output: machineInfoSchema,
    errors: lookup,
    cli: { command: 'info' },
  }),
  disks: defineOperation({
    kind: 'query',
    title: 'Show disks',
    input: machineReference,
    output: z.array(diskInfoSchema),
    errors: [...lookup, 'machine-broken'],
    cli: { command: 'disks' },
  }),
  activity: defineOperation({
    kind: 'query',
    title: 'Show activity',
    input: machineReference.extend({ limit: z.int().positive().max(10_000).optional() }),
    output: z.strictObject({ entries: z.array(activityEntrySchema), log: z.string() }),
    errors: lookup,
    cli: { excluded: 'the command line prints it with `events`, which comes with networking' },
  }),
  qemu: defineOperation({
    kind: 'query',
    title: 'Show the QEMU command line',
    input: machineReference,
    output: z.strictObject({
      /** The program and its arguments, unquoted. */
      argv: z.array(z.string()),
      /** The same as one line a POSIX shell accepts. */
      shell: z.string(),
      /** Whether this is the command line of the running process or that of the next start. */
      running: z.boolean(),
    }),
    errors: starting,
    cli: { command: 'qemu' },
  }),
  create: defineOperation({
    kind: 'task',
    title: 'Create machine',
    input: createInputSchema,
    output: machineSummarySchema,
    errors: [...starting, 'invalid-input', 'name-taken', 'archive-invalid', 'cancelled'],
    cli: { command: 'create' },
  }),
  set: defineOperation({
    kind: 'change',
    title: 'Change settings',
    input: machineReference.extend({ settings: settingsSchema }),
    output: machineInfoSchema,
    errors: [...driving, 'invalid-input', 'name-taken', 'file-not-found', 'file-unreadable', 'not-enough-memory'],
    cli: { command: 'set' },
  }),
  start: defineOperation({
    kind: 'change',
    title: 'Start',
    input: machineReference,
    output: machineSummarySchema,
    errors: starting,
    cli: { command: 'start' },
  }),
  suspend: defineOperation({
    kind: 'task',
    title: 'Suspend',
    input: machineReference,
    output: machineSummarySchema,
    errors: [...driving, 'not-enough-space', 'cancelled'],
    cli: { command: 'suspend' },
  }),
  clone: defineOperation({
    kind: 'task',
    title: 'Clone',
    input: machineReference.extend({
      name: z.string(),
      /** Start from this snapshot instead of the present. */
      snapshot: z.string().optional(),
      /** A copy that needs nothing of the original. */
      full: z.boolean().optional(),
    }),
    output: machineSummarySchema,
    errors: [
      ...driving,
      'invalid-input',
      'name-taken',
      'not-enough-space',
      'path-too-long',
      'image-invalid',
      'tool-failed',
      'cancelled',
    ],
    cli: { command: 'clone' },
  }),
  fork: defineOperation({
    kind: 'task',
    title: 'Fork',
    /** A second machine that goes on from the same moment; without a name it gets one after the original's. */
    input: machineReference.extend({ name: z.string().optional() }),
    output: z.strictObject({
      machine: machineSummarySchema,
      /** How long the original stood still by QEMU's own clock, in ms; null when it was paused or suspended. */
      pausedMs: z.number().nullable(),
    }),
    errors: [...starting, 'invalid-input', 'name-taken', 'image-invalid', 'tool-failed', 'cancelled'],
    cli: { command: 'fork' },
  }),
  exec: defineOperation({
    kind: 'task',
    title: 'Run a command in the guest',
    input: machineReference.extend({
      ...commandWishSchema.shape,
      /** What the command reads: text, or any bytes; nothing when both are left out. */
      input: z.string().optional(),
      inputBase64: z.base64().optional(),
    }),
    output: commandResultSchema,
    errors: [...driving, 'agent-missing', 'invalid-input', 'timed-out', 'cancelled'],
    cli: { command: 'exec' },
  }),
  copy: defineOperation({
    kind: 'task',
    title: 'Copy files into or out of the guest',
    input: machineReference.extend({
      direction: z.enum(['in', 'out']),
      /** Absolute; a file or a folder. A target that ends with a slash, or is a folder, gets the source into it. */
      hostPath: z.string(),
      guestPath: z.string(),
    }),
    output: z.strictObject({ bytes: z.int(), files: z.int() }),
    errors: [
      ...driving,
      'agent-missing',
      'invalid-input',
      'file-not-found',
      'file-unreadable',
      'permission-denied',
      'not-enough-space',
      'timed-out',
      'cancelled',
    ],
    cli: { command: 'copy' },
  }),
  stats: defineOperation({
    kind: 'query',
    title: 'Show what a machine uses',
    input: machineReference,
    output: machineStatsSchema,
    errors: lookup,
    cli: { command: 'stats' },
  }),
  detach: defineOperation({
    kind: 'task',
    title: 'Make independent',
    input: machineReference,
    output: machineSummarySchema,
    errors: [...driving, 'not-enough-space', 'image-invalid', 'tool-failed', 'cancelled'],
    cli: { command: 'detach' },
  }),
  relations: defineOperation({
    kind: 'query',
    title: 'Show whom a machine builds on',
    input: machineReference,
    output: relationsSchema,
    errors: lookup,
    cli: { command: 'info' },
  }),
  export: defineOperation({
    kind: 'task',
    title: 'Export',
    input: exportInputSchema,
    output: exportResultSchema,
    errors: [
      ...changing,
      'invalid-input',
      'file-exists',
      'file-not-found',
      'image-invalid',
      'not-enough-space',
      'path-too-long',
      'permission-denied',
      'qemu-missing',
      'tool-failed',
      'cancelled',
    ],
    cli: { command: 'export' },
  }),
  import: defineOperation({
    kind: 'task',
    title: 'Import',
    input: importInputSchema,
    output: importResultSchema,
    errors: [...starting, 'invalid-input', 'name-taken', 'archive-invalid', 'tool-failed', 'cancelled'],
    cli: { command: 'import' },
  }),
  shutdown: defineOperation({
    kind: 'change',
    title: 'Shut down',
    input: machineReference,
    output: machineSummarySchema,
    errors: driving,
    cli: { command: 'shutdown' },
  }),
  reboot: defineOperation({
    kind: 'change',
    title: 'Reboot',
    input: machineReference.extend({ timeoutSeconds: z.number().positive().optional() }),
    output: machineSummarySchema,
    errors: [...driving, 'timed-out'],
    cli: { command: 'reboot' },
  }),
  reset: defineOperation({
    kind: 'change',
    title: 'Reset',
    input: machineReference,
    output: machineSummarySchema,
    errors: driving,
    cli: { command: 'reset' },
  }),
  pause: defineOperation({
    kind: 'change',
    title: 'Pause',
    input: machineReference,
    output: machineSummarySchema,
    errors: driving,
    cli: { command: 'pause' },
  }),
  resume: defineOperation({
    kind: 'change',
    title: 'Resume',
    input: machineReference,
    output: machineSummarySchema,
    errors: driving,
    cli: { command: 'resume' },
  }),
  kill: defineOperation({
    kind: 'change',
    title: 'Force off',
    /** With `ifThrowaway` a machine that is none, or was kept meanwhile, is left as it is. */
    input: machineReference.extend({ ifThrowaway: z.boolean().optional() }),
    output: machineSummarySchema,
    errors: driving,
    cli: { command: 'kill' },
  }),
  delete: defineOperation({
    kind: 'change',
    title: 'Delete',
    input: machineReference.extend({ keepDisks: z.boolean().optional() }),
    output: z.strictObject({
      id: z.string(),
      name: z.string(),
      /** Where the disks went, when they were kept. */
      kept: z.array(z.string()),
    }),
    errors: changing,
    cli: { command: 'delete' },
  }),
  screenshot: defineOperation({
    kind: 'query',
    title: 'Take a screenshot',
    input: machineReference,
    output: z.strictObject({ pngBase64: z.base64() }),
    errors: [...driving, 'file-unreadable'],
    cli: { command: 'screenshot' },
  }),
  type: defineOperation({
    kind: 'change',
    title: 'Type text',
    input: machineReference.extend({ text: z.string().max(100_000) }),
    output: nothing,
    errors: [...driving, 'invalid-input'],
    cli: { command: 'type' },
  }),
  keys: defineOperation({
    kind: 'change',
    title: 'Press keys',
    input: machineReference.extend({
      /** Each entry is a chord such as `ctrl-alt-del`; they are pressed one after the other. */
      keys: z.array(z.string()).min(1).max(100),
    }),
    output: nothing,
    errors: [...driving, 'invalid-input'],
    cli: { command: 'keys' },
  }),
  wait: defineOperation({
    kind: 'query',
    title: 'Wait',
    input: machineReference.extend({
      /** `running`, `off`, `agent`, `ssh` or `serial:TEXT`. */
      for: z.string(),
      timeoutSeconds: z.number().positive().max(86_400).optional(),
    }),
    output: z.strictObject({ waitedSeconds: z.number() }),
    errors: [...driving, 'invalid-input', 'timed-out'],
    cli: { command: 'wait' },
  }),
} as const;
