import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../contract/app-error.ts';
import type { PlacedImage } from '../image/placed-image.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import type { TaskContext } from '../task/task-list.ts';
import { refuseAppliance } from './read-appliance.ts';
import { writeAll } from './read-range.ts';

const chunkBytes = 64 * 1024;
const zeros = Buffer.alloc(chunkBytes);

/**
 * Unpacks a compressed image into a new file; one that grows beyond `maxBytes` is refused. What is zero becomes a hole. How much
 * room it takes nobody knows before, so it ends when less is free than it has taken: it is to be copied after that.
 */
export async function unpackGzip(
  { path, part, label }: PlacedImage,
  target: string,
  maxBytes: number,
  { signal, progress }: TaskContext,
): Promise<void> {
  const range = part === null ? {} : { start: part.offset, end: part.offset + part.size - 1 };
  const input = createReadStream(path, { ...range, signal });
  const unpacked = createGunzip({ chunkSize: chunkBytes });
  input.on('error', (error) => unpacked.destroy(error));
  const file = await open(target, 'wx', 0o600);
  try {
    let done = 0;
    let taken = 0;
    for await (const chunk of input.pipe(unpacked) as AsyncIterable<Buffer>) {
      if (done + chunk.length > maxBytes) throw refuseAppliance(label, `it unpacks to more than ${maxBytes} bytes`);
      if (!chunk.equals(zeros.subarray(0, chunk.length))) {
        taken += chunk.length;
        checkFreeSpace(dirname(target), taken, `Unpacking ${label}`);
        await writeAll(file, chunk, done);
      }
      done += chunk.length;
      progress(part === null || part.size === 0 ? null : input.bytesRead / part.size, 'Unpacking the disk image');
    }
    await file.truncate(done);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (signal.aborted) throw new AppError('cancelled', 'It was cancelled.');
    throw code.startsWith('Z_') ? refuseAppliance(label, 'it is no whole gzip file') : error;
  } finally {
    input.destroy();
    unpacked.destroy();
    await file.close();
  }
}
