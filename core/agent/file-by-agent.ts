import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '../../contract/app-error.ts';
import type { CopyContext, CopyResult } from './copy-files.ts';
import { AgentRefusal } from './request-agent.ts';
import { askAgent } from './run-script.ts';

/** A request is a line of JSON with the content as base64; the agent takes far more, but others wait for it. */
const pieceBytes = 256 * 1024;
const answerMs = 30_000;

/** Copies one file into a guest that has no tar, such as Windows, over what is there. One that breaks off says that a part of it is there. */
export async function writeByAgent(context: CopyContext, source: string, guestPath: string): Promise<CopyResult> {
  const file = await open(source, 'r');
  try {
    return await withGuestFile(context, guestPath, 'w', async (handle) => {
      let bytes = 0;
      for (const buffer = Buffer.alloc(pieceBytes); ; ) {
        const { bytesRead } = await file.read(buffer, 0, pieceBytes);
        if (bytesRead === 0) return { bytes, files: 1 };
        for (let sent = 0; sent < bytesRead; ) {
          const piece = buffer.subarray(sent, bytesRead).toString('base64');
          const { count } = await ask<{ count: number }>(context, 'guest-file-write', { handle, 'buf-b64': piece });
          if (count === 0)
            throw new AppError('not-enough-space', `“${guestPath}” is full in the guest.`, { hint: 'Make room there.' });
          sent += count;
        }
        bytes += bytesRead;
        context.count(bytesRead);
      }
    }).catch((error: unknown) => {
      throw error instanceof AppError
        ? new AppError(error.code, `${error.message} What is at “${guestPath}” in the guest may be a part only.`, { ...error })
        : error;
    });
  } finally {
    await file.close();
  }
}

/** Copies one file out of such a guest. */
export async function readByAgent(
  context: CopyContext,
  guestPath: string,
  target: string,
  buildNoTar: () => AppError,
): Promise<CopyResult> {
  const file: FileHandle = await open(target, 'wx');
  try {
    return await withGuestFile(context, guestPath, 'r', async (handle) => {
      for (let bytes = 0; ; ) {
        const piece = await ask<{ 'buf-b64': string; count: number; eof: boolean }>(context, 'guest-file-read', {
          handle,
          count: pieceBytes,
        }).catch((error: unknown) => {
          throw error instanceof AppError && /directory/i.test(error.message) ? buildNoTar() : error;
        });
        await file.writeFile(Buffer.from(piece['buf-b64'], 'base64'));
        bytes += piece.count;
        context.count(piece.count);
        if (piece.eof || piece.count === 0) return { bytes, files: 1 };
      }
    });
  } finally {
    await file.close();
  }
}

async function withGuestFile<T>(
  context: CopyContext,
  path: string,
  mode: 'r' | 'w',
  act: (handle: number) => Promise<T>,
): Promise<T> {
  const handle = await ask<number>(context, 'guest-file-open', { path, mode });
  try {
    return await act(handle);
  } finally {
    await ask(context, 'guest-file-close', { handle }).catch(() => undefined);
  }
}

async function ask<T>({ machine, signal }: CopyContext, command: string, parameters: object): Promise<T> {
  if (signal.aborted) throw new AppError('cancelled', 'Copying was cancelled.');
  return askAgent<T>(machine.runtimeFolder, command, parameters, answerMs).catch((error: unknown) => {
    if (!(error instanceof AgentRefusal))
      throw new AppError('timed-out', `The guest agent of “${machine.name}” does not answer.`, {
        hint: 'It hangs or the guest is very busy. Try again in a moment.',
        cause: error,
      });
    throw new AppError('invalid-input', `The guest refused it: ${error.message}`, { hint: 'Look at the path in the guest.' });
  });
}
