import type { z } from 'zod';
import type { Operation } from '../contract/operation.ts';
import type { Operations } from '../contract/operations.ts';

/** What every handler gets beside its parameters. */
export interface CallContext {
  /** Aborted when the caller gives up. Handlers stop, clean up, and throw `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far a task is: 0..1 or null, and the step in words. */
  readonly progress?: ((fraction: number | null, step: string) => void) | undefined;
}

type Handler<Op> =
  Op extends Operation<infer I, infer O>
    ? Op extends { readonly kind: 'stream' }
      ? (input: z.output<I>, context: CallContext) => AsyncIterable<z.input<O>>
      : (input: z.output<I>, context: CallContext) => Promise<z.input<O>>
    : never;

/** One function per operation of the contract: what the core implements and every face binds. */
export type Handlers = { readonly [N in keyof Operations]: { readonly [V in keyof Operations[N]]: Handler<Operations[N][V]> } };
