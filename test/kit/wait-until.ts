import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * Asks again and again until the answer is neither undefined, null nor false, and returns it. What the question throws
 * counts as "not yet". `what` completes the sentence "waited for ...".
 */
export async function waitUntil<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeoutMs = 15_000, intervalMs = 20 }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await ask();
      lastError = undefined;
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) break;
    await sleep(intervalMs);
  }
  const reason = lastError instanceof Error ? `: ${lastError.message}` : '';
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}${reason}`, { cause: lastError });
}

/** Waits until a file holds a text and returns all it holds then. On failure the end of the file is in the message. */
export async function waitForText(file: string, text: string | RegExp, options?: WaitOptions): Promise<string> {
  let content = '';
  try {
    return await waitUntil(
      `${text} in ${file}`,
      async () => {
        content = await readFile(file, 'utf8');
        return (typeof text === 'string' ? content.includes(text) : text.test(content)) ? content : undefined;
      },
      options,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\nIt ends with:\n${content.slice(-2000)}`, { cause: error });
  }
}
