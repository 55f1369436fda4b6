import { type ContractProcedure, eventIterator, oc, type Schema } from '@orpc/contract';
import type { z } from 'zod';
import type { Operation } from './operation.ts';
import { type Operations, operations } from './operations.ts';

type EventSchema<O extends z.ZodType> = Schema<
  AsyncIteratorObject<z.input<O>, unknown, void>,
  AsyncIteratorObject<z.output<O>, unknown, void>
>;

type Procedure<Op> =
  Op extends Operation<infer I, infer O>
    ? Op extends { readonly kind: 'stream' }
      ? ContractProcedure<I, EventSchema<O>, Record<never, never>, Record<never, never>>
      : ContractProcedure<I, O, Record<never, never>, Record<never, never>>
    : never;

/** The operation table as an oRPC contract, for the faces that talk over a port or a socket. */
export type RouterContract = {
  readonly [N in keyof Operations]: { readonly [V in keyof Operations[N]]: Procedure<Operations[N][V]> };
};

/** Derives the oRPC contract: nothing is described twice. */
export const routerContract = Object.fromEntries(
  Object.entries(operations).map(([noun, verbs]) => [
    noun,
    Object.fromEntries(
      Object.entries(verbs as Record<string, Operation>).map(([verb, operation]) => [
        verb,
        oc.input(operation.input).output(operation.kind === 'stream' ? eventIterator(operation.output) : operation.output),
      ]),
    ),
  ]),
) as unknown as RouterContract;
