import type { GuestProcess } from '../core.ts';

/** What the scripts in the guest end with when there is no tar, and when there is nothing to copy. */
export const noTar = 45;
export const noSource = 44;

/** What a script says on stderr, for a message. */
export async function readMessage(running: GuestProcess, isOutputRead = false): Promise<string> {
  if (!isOutputRead) running.stdout.resume();
  let text = '';
  running.stderr.on('data', (chunk: Buffer) => {
    if (text.length < longestMessage) text += chunk.toString('utf8');
  });
  await running.exitCode.catch(() => undefined);
  return text.trim().split('\n').at(-1)?.slice(0, longestMessage) ?? '';
}

const longestMessage = 2000;
