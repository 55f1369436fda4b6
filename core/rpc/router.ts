import { implement, type Router } from '@orpc/server';
import type { Operation, OperationKind } from '../../contract/operation.ts';
import { operations } from '../../contract/operations.ts';
import { routerContract } from '../../contract/router.ts';
import type { Core } from '../core.ts';
import { type AnyHandler, getHandler } from '../invoke.ts';
import { createErrorTranslator, type Log } from './translate-error.ts';

/** The operation table bound to a core, ready for any oRPC transport. */
export type CoreRouter = Router<typeof routerContract, Record<never, never>>;

/**
 * Binds every operation of the contract to its handler. oRPC parses what comes in and what goes out; errors leave as the
 * plain data of an AppError. `log` gets what was not expected; stderr unless said otherwise.
 */
export function buildRouter(core: Pick<Core, 'handlers'>, options: { readonly log?: Log } = {}): CoreRouter {
  const implementer = buildImplementer(createErrorTranslator(options.log));
  const nouns = Object.entries(operations as Record<string, Record<string, Operation>>).map(([noun, verbs]) => {
    const procedures = Object.entries(verbs).map(([verb, { kind }]) => {
      const procedure = implementer[noun]?.[verb]?.handler(({ input, signal }) =>
        getHandler(core, noun, verb)(input, { signal: isTiedToCaller(kind) ? signal : undefined }),
      );
      return [verb, procedure] as const;
    });
    return [noun, Object.fromEntries(procedures)] as const;
  });
  return Object.fromEntries(nouns) as CoreRouter;
}

/** The contract's procedures without handlers, seen without their types. */
type Implementer = Record<
  string,
  Record<string, { handler(handler: (call: { input: unknown; signal?: AbortSignal }) => ReturnType<AnyHandler>): unknown }>
>;

/** One middleware around everything, parsing included, so that nothing leaves but translated errors. */
function buildImplementer(translate: ReturnType<typeof createErrorTranslator>): Implementer {
  return implement(routerContract).use(async ({ next, path, signal }) => {
    const translateHere = (error: unknown) => translate(path.join('.'), error, isPathTiedToCaller(path) ? signal : undefined);
    try {
      const result = await next();
      return isStream(result.output) ? { ...result, output: translateStream(result.output, translateHere) } : result;
    } catch (error) {
      throw translateHere(error);
    }
  }) as unknown as Implementer;
}

/**
 * Reading is pointless once nobody listens. Changes and tasks go on when a window closes: a half-made machine helps nobody,
 * and `task.cancel` is the way to stop one.
 */
function isTiedToCaller(kind: OperationKind): boolean {
  return kind === 'query' || kind === 'stream';
}

function isPathTiedToCaller([noun = '', verb = '']: readonly string[]): boolean {
  const operation = (operations as Record<string, Record<string, Operation>>)[noun]?.[verb];
  return operation !== undefined && isTiedToCaller(operation.kind);
}

function isStream(output: unknown): output is AsyncIterable<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
}

async function* translateStream(stream: AsyncIterable<unknown>, translate: (error: unknown) => unknown): AsyncGenerator<unknown> {
  try {
    yield* stream;
  } catch (error) {
    throw translate(error);
  }
}
