import type { Core } from '../core/core.ts';
import type { OperationName, OperationResult } from '../core/invoke.ts';
import type { Output } from './output/output.ts';
import { rewarmDetached } from './rewarm.ts';

/** One run of one command: what was typed, and the ways to ask and to answer. */
export interface Call {
  /** The positional arguments, in order; a variadic one fills the end. */
  readonly arguments: readonly string[];
  readonly isJson: boolean;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
  readonly output: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The core of this process, made when first asked for. */
  core(): Promise<Core>;
  /** Asks for an operation; the contract parses the input, so a value of any type may be passed on as it was typed. */
  invoke<Name extends OperationName>(name: Name, input: Readonly<Record<string, unknown>>): Promise<OperationResult<Name>>;
}

/** Makes the call, and a way to end what it began. */
export function createCall(parts: Omit<Call, 'core' | 'invoke'>): { readonly call: Call; close(): Promise<void> } {
  let made: Promise<Core> | null = null;
  const core = (): Promise<Core> => {
    const { environment } = parts;
    made ??= import('../core/create-core.ts').then(({ createCore }) =>
      createCore({ environment, rewarm: (templateId) => rewarmDetached(templateId, environment) }),
    );
    return made;
  };
  const call: Call = {
    ...parts,
    core,
    async invoke(name, input) {
      const [{ invoke }, madeCore] = await Promise.all([import('../core/invoke.ts'), core()]);
      const progress = parts.output.progress;
      try {
        const context = { signal: parts.signal, progress: progress.update };
        return await invoke(madeCore, name, input, context);
      } finally {
        progress.clear();
      }
    },
  };
  return {
    call,
    async close() {
      if (made !== null) await (await made).close();
    },
  };
}
