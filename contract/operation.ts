import type { z } from 'zod';
import type { ErrorCode } from './app-error.ts';

/** `query` only reads; `change` alters one thing quickly; `task` may take long, reports progress and can be cancelled. */
export type OperationKind = 'query' | 'change' | 'task' | 'stream';

/** How the command line names an operation (in one word or two, `snapshot create`), or why it has no command. */
export type CliForm = { command: string } | { excluded: string };

/** One entry of the contract: what can be asked, what comes back, and what may go wrong. */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: OperationKind;
  /** What a person reads in the task list and the activity log. */
  readonly title: string;
  readonly input: I;
  /** For a `stream` this is the schema of one event. */
  readonly output: O;
  readonly errors: readonly ErrorCode[];
  readonly cli: CliForm;
}

/** Declares an operation and keeps its exact schema types. */
export function defineOperation<const I extends z.ZodType, const O extends z.ZodType, const K extends OperationKind>(
  operation: Operation<I, O> & { kind: K },
): Operation<I, O> & { readonly kind: K } {
  return operation;
}
