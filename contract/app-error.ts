import { z } from 'zod';

/** Every kind of expected trouble. Code decides on these, never on the text of a message. */
export const errorCodes = [
  'usage',
  'invalid-input',
  'not-found',
  'ambiguous-name',
  'name-taken',
  'wrong-state',
  'busy',
  'machine-broken',
  'file-not-found',
  'file-unreadable',
  'file-exists',
  'image-invalid',
  'image-unsafe',
  'archive-invalid',
  'not-enough-memory',
  'not-enough-space',
  'path-too-long',
  'permission-denied',
  'qemu-missing',
  'qemu-too-old',
  'qemu-failed',
  /** Somebody else ended it: a person, or a kernel that is out of memory. */
  'qemu-killed',
  'qemu-unresponsive',
  /** A port of this host that a machine forwards is somebody else's. */
  'port-taken',
  'tool-failed',
  'accelerator-unavailable',
  'firmware-missing',
  'helper-missing',
  /** No guest agent answers in the machine. */
  'agent-missing',
  'timed-out',
  'cancelled',
  'disconnected',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error as plain data, the form in which it crosses every boundary. */
export const appErrorSchema = z.strictObject({
  code: z.enum(errorCodes),
  /** Names the thing and what happened, in one sentence. */
  message: z.string(),
  /** The next step. */
  hint: z.string().optional(),
  /** Escaped output of a tool, or other material for the curious. */
  details: z.string().optional(),
});

export type AppErrorData = z.infer<typeof appErrorSchema>;

/** Expected trouble: anything else that is thrown is a bug. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { hint?: string | undefined; details?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = more.hint;
    this.details = more.details;
  }

  toData(): AppErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  static fromData(data: AppErrorData): AppError {
    return new AppError(data.code, data.message, data);
  }
}

/** Reduces anything thrown to plain data; what is not an AppError becomes `internal`. */
export function errorToData(error: unknown): AppErrorData {
  if (error instanceof AppError) return error.toData();
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `Internal error: ${message}`,
    hint: 'This is a bug in Bothy. Please report it with the details.',
    ...(error instanceof Error && error.stack !== undefined ? { details: error.stack } : {}),
  };
}
