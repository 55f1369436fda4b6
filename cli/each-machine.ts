import type { Call } from './call.ts';
import { SeveralFailed } from './report-error.ts';

/**
 * Does the same to every NAME, one after the other, and goes on after a failure. Prints one line per machine, or one JSON
 * value for one name and an array for several; then throws what failed, the first failure first.
 */
export async function runEachMachine<T>(
  call: Call,
  act: (machine: string) => Promise<T>,
  tell: (result: T) => string | Promise<string>,
): Promise<undefined> {
  const isSingle = call.arguments.length === 1;
  const results: T[] = [];
  const failures: { machine: string; error: unknown }[] = [];
  for (const machine of call.arguments) {
    try {
      call.signal.throwIfAborted();
      const result = await act(machine);
      results.push(result);
      if (!call.isJson) call.output.write(await tell(result));
    } catch (error) {
      failures.push({ machine, error });
      if (call.signal.aborted) break;
    }
  }
  if (call.isJson && !(isSingle && failures.length > 0)) call.output.writeJson(isSingle ? results[0] : results);
  if (failures.length > 0) throw isSingle ? failures[0]?.error : new SeveralFailed(failures);
}

/** What the help of every command with several NAMEs says. */
export const severalNamesDetails =
  'Several names are done one after the other; a failure does not stop the rest, and the exit code is that of the first failure. ' +
  'With --json and several names, stdout holds an array of what was done and stderr the first error, with all of them under `errors`.';
