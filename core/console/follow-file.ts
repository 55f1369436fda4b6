import { existsSync, type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** What follows a file that grows and is replaced by a new one at times. */
export interface FileFollower {
  /** Stops giving data until resumed; nothing is lost. */
  pause(): void;
  resume(): void;
  close(): void;
}

const chunkBytes = 64 * 1024;
/** Where inotify gives nothing (some network file systems), the file is looked at this often. */
const pollMs = 500;

/**
 * Gives the last `tailBytes` of a file and then all that is added, also when the file is not there yet or is replaced:
 * a new file is read from its beginning. `onGone` is called when its folder is removed.
 */
export function followFile(path: string, tailBytes: number, onData: (chunk: Buffer) => void, onGone: () => void): FileFollower {
  let file: FileHandle | undefined;
  let inode = 0;
  let offset = 0;
  let isFirst = true;
  let isClosed = false;
  let isPaused = false;
  let isReading = false;
  let isAsked = false;

  const openNewest = async (): Promise<void> => {
    const handle = await open(path, 'r').catch(() => undefined);
    if (handle === undefined) {
      isFirst = false;
      // The kernel does not tell that the folder is removed while its file is open here.
      if (!isClosed && !existsSync(dirname(path))) onGone();
      return;
    }
    const status = await handle.stat();
    if (file !== undefined && status.ino === inode) {
      if (status.size < offset) offset = 0;
      await handle.close();
      return;
    }
    await file?.close();
    file = handle;
    inode = status.ino;
    offset = isFirst ? Math.max(0, status.size - tailBytes) : 0;
    isFirst = false;
  };
  /** Reads to the end; false when it was stopped by a pause. */
  const readAll = async (): Promise<void> => {
    while (file !== undefined && !isClosed && !isPaused) {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      onData(buffer.subarray(0, bytesRead));
    }
  };
  const look = async (): Promise<void> => {
    if (isReading) {
      isAsked = true;
      return;
    }
    isReading = true;
    try {
      do {
        isAsked = false;
        // The old file first, to its end: its last words come before the new one's first.
        await readAll();
        if (!isPaused) await openNewest();
        await readAll();
      } while (isAsked && !isClosed && !isPaused);
    } catch {
      // The file vanished between two steps; the next look finds the new one.
    } finally {
      isReading = false;
      if (isClosed) {
        await file?.close().catch(() => {});
        file = undefined;
      }
    }
  };

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(path), (_kind, name) => {
      if (name === null || name === basename(path)) void look();
      else if (name === basename(dirname(path))) onGone();
    });
    watcher.on('error', onGone);
  } catch {
    queueMicrotask(onGone);
  }
  const timer = setInterval(() => void look(), pollMs);
  void look();

  return {
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
      void look();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      clearInterval(timer);
      watcher?.close();
      void look();
    },
  };
}
