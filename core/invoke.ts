import type { z } from 'zod';
import { AppError } from '../contract/app-error.ts';
import type { Operation } from '../contract/operation.ts';
import { type Operations, operations } from '../contract/operations.ts';
import type { Core } from './core.ts';
import type { CallContext } from './handlers.ts';
import { buildInputError } from './input-error.ts';

/** `noun.verb` of every operation of the contract. */
export type OperationName = { [N in keyof Operations]: `${N}.${keyof Operations[N] & string}` }[keyof Operations];

type OperationOf<Name extends OperationName> = Name extends `${infer N extends keyof Operations & string}.${infer V}`
  ? V extends keyof Operations[N]
    ? Operations[N][V]
    : never
  : never;

/** What a call gives: the operation's output, or for a stream its events. */
export type OperationResult<Name extends OperationName> =
  OperationOf<Name> extends { readonly kind: infer K; readonly output: infer O extends z.ZodType }
    ? K extends 'stream'
      ? AsyncIterable<z.input<O>>
      : z.input<O>
    : never;

/** Calls an operation inside this process: parses the input, then asks the handler. Output is not parsed again. */
export async function invoke<Name extends OperationName>(
  core: Pick<Core, 'handlers'>,
  name: Name,
  rawInput: unknown,
  context: CallContext = {},
): Promise<OperationResult<Name>> {
  const [noun, verb] = splitName(name);
  const input = parseInput(name, getOperation(noun, verb), rawInput);
  return (await getHandler(core, noun, verb)(input, context)) as OperationResult<Name>;
}

/** A handler seen without its types, for code that goes over the whole table. */
export type AnyHandler = (input: unknown, context: CallContext) => Promise<unknown> | AsyncIterable<unknown>;

/** The handler of one operation; a missing one is a bug of the core. */
export function getHandler(core: Pick<Core, 'handlers'>, noun: string, verb: string): AnyHandler {
  const verbs = (core.handlers as unknown as Record<string, Record<string, AnyHandler> | undefined>)[noun];
  const handler = verbs?.[verb];
  if (handler === undefined) throw new Error(`no handler for ${noun}.${verb}`);
  return handler;
}

function splitName(name: string): [noun: string, verb: string] {
  const dot = name.indexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

function getOperation(noun: string, verb: string): Operation {
  const verbs = Object.hasOwn(operations, noun) ? (operations as Record<string, Record<string, Operation>>)[noun] : undefined;
  const operation = verbs !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (operation === undefined) throw new AppError('invalid-input', `There is no operation called ${noun}.${verb}.`);
  return operation;
}

function parseInput(name: string, operation: Operation, rawInput: unknown): unknown {
  const result = operation.input.safeParse(rawInput);
  if (!result.success) throw buildInputError(name, result.error.issues);
  return result.data;
}
