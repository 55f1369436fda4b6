import { createInterface } from 'node:readline';
import { AppError } from '../contract/app-error.ts';
import type { Call } from './call.ts';

/** Whether a person is there to be asked. */
export function canAsk(call: Call): boolean {
  return !call.isJson && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks on the terminal until one of the answers, or the beginning of one, is given. Ctrl+C and the end of the input are no
 * answer: `cancelled`.
 */
export async function askChoice<T extends string>(call: Call, question: string, answers: readonly T[]): Promise<T> {
  // Not as a terminal of its own: Ctrl+C stays a signal then, which the call knows about.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    for (;;) {
      const typed = (await readLine(call, lines, `${question} [${answers.join('/')}] `)).trim().toLowerCase();
      const fitting = answers.filter((answer) => typed !== '' && answer.startsWith(typed));
      if (fitting[0] !== undefined && fitting.length === 1) return fitting[0];
    }
  } finally {
    lines.close();
  }
}

function readLine(call: Call, lines: ReturnType<typeof createInterface>, question: string): Promise<string> {
  const cancelled = new AppError('cancelled', 'Cancelled; nothing was changed.');
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled);
    lines.once('close', onAbort);
    call.signal.addEventListener('abort', onAbort, { once: true });
    lines.question(question, (answer) => {
      lines.off('close', onAbort);
      call.signal.removeEventListener('abort', onAbort);
      resolve(answer);
    });
  });
}
