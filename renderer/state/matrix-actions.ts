import { errorToData } from '../../contract/app-error.ts';
import type { MatrixWish } from '../../contract/throwaway.ts';
import type { Client } from '../client/client.ts';
import { applyRow, beginRun, endRun, type MatrixRun, type MatrixStore } from './matrix-store.ts';

/** Running a command over several templates; one run at a time. */
export interface MatrixActions {
  /** Ends when all have ended; what went wrong is in the store. `command` is what is shown of it. */
  run(command: string, wish: MatrixWish): Promise<void>;
  cancel(): void;
}

export function createMatrixActions(client: Client, store: MatrixStore): MatrixActions {
  let controller: AbortController | null = null;
  const change = (next: (run: MatrixRun) => MatrixRun) => store.setState(({ run }) => (run === null ? {} : { run: next(run) }));
  return {
    async run(command, wish) {
      if (controller !== null) return;
      const own = new AbortController();
      controller = own;
      store.setState({ run: beginRun(command, wish) });
      try {
        for await (const row of await client.call.throwaway.matrix(wish, { signal: own.signal }))
          change((run) => applyRow(run, row));
        change((run) => endRun(run, null));
      } catch (thrown) {
        change((run) => endRun(run, own.signal.aborted ? null : errorToData(thrown)));
      } finally {
        controller = null;
      }
    },
    cancel() {
      if (controller === null) return;
      change((run) => ({ ...run, isCancelling: true }));
      controller.abort();
    },
  };
}
