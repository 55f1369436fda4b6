import { availableParallelism, freemem } from 'node:os';
import { AppError } from '../../contract/app-error.ts';
import type { MatrixRow, MatrixWish } from '../../contract/throwaway.ts';
import type { Guests } from '../core.ts';
import type { CallContext, Handlers } from '../handlers.ts';
import { getTemplate } from '../machine/find-machine.ts';
import type { MachineStore } from '../machine/machine-store.ts';
import type { TaskContext, TaskList } from '../task/task-list.ts';
import { createEventChannel } from '../watch/event-channel.ts';
import { playRow } from './matrix-row.ts';
import { createRoom } from './room.ts';

/** What a matrix is played with: the operations a person would use one after the other. */
export interface MatrixParts {
  readonly store: MachineStore;
  readonly tasks: TaskList;
  readonly guests: Guests;
  readonly create: Handlers['throwaway']['create'];
  readonly wait: Handlers['machine']['wait'];
  readonly screenshot: Handlers['machine']['screenshot'];
  readonly kill: Handlers['machine']['kill'];
}

/** Left to the host when machines are counted into its free memory. */
const spareMiB = 512;

/**
 * The `throwaway.matrix` stream: one command over several templates, each in a throwaway of its own. First every row as it waits,
 * then a row whenever it changed. A row's failure stays in that row. It ends when all have ended; after its signal, or when nobody
 * reads any more, the commands and machines are ended first, and it throws `cancelled`.
 */
export async function* runMatrix(parts: MatrixParts, wish: MatrixWish, { signal }: CallContext): AsyncGenerator<MatrixRow> {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  const channel = createEventChannel<MatrixRow>(undefined, cancel);
  const title = `Run “${shorten(wish.command)}” on ${wish.templates.length} templates`;
  const work = parts.tasks
    .run(title, null, { signal: controller.signal }, (task) => playRows(parts, wish, task, channel.push))
    .finally(channel.close);
  // What it ends with is thrown below, once the rows are read.
  work.catch(() => undefined);
  try {
    yield* channel.events;
    await work;
  } finally {
    signal?.removeEventListener('abort', cancel);
    cancel();
    await work.catch(() => undefined);
  }
}

async function playRows(parts: MatrixParts, wish: MatrixWish, task: TaskContext, tell: (row: MatrixRow) => void): Promise<void> {
  const rows = wish.templates.map(newRow);
  for (const row of rows) tell(row);
  const room = createRoom({
    places: Math.min(wish.parallel ?? availableParallelism(), rows.length),
    // On Linux this is what programs can have without swapping (MemAvailable), not what is unused.
    memoryMiB: Math.floor(freemem() / 1024 ** 2) - spareMiB,
  });
  let ended = 0;
  const play = async (row: MatrixRow): Promise<void> => {
    await playRow(parts, wish, row, {
      signal: task.signal,
      tell,
      enter: async () => room.enter(wish.memoryMiB ?? getTemplate(parts.store, row.template).definition.memoryMiB, task.signal),
    });
    ended += 1;
    task.progress(ended / rows.length, `${ended} of ${rows.length} have ended`);
  };
  task.progress(0, `0 of ${rows.length} have ended`);
  await Promise.all(rows.map(play));
  if (task.signal.aborted) throw new AppError('cancelled', 'The command was cancelled on all templates.');
}

/** A command as a person knows it: of one that a shell reads, what it reads. */
function shorten([program, option, text, ...rest]: readonly string[]): string {
  const words =
    program === 'sh' && option === '-c' && text !== undefined ? text : [program, option, text, ...rest].join(' ').trim();
  return words.length > maxTitle ? `${words.slice(0, maxTitle)}…` : words;
}

const maxTitle = 40;

function newRow(template: string, index: number): MatrixRow {
  return {
    index,
    template,
    state: 'waiting',
    exitCode: null,
    seconds: null,
    stdout: '',
    stderr: '',
    isCut: false,
    notice: null,
    error: null,
    screenshotBase64: null,
  };
}
