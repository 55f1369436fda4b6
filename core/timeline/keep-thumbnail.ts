import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeThumbnail } from '../console/thumbnail.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { savedFile } from '../storage/file-names.ts';

/** Keeps a picture of the screen beside saved memory. A machine without a screen has none, and is saved all the same. */
export async function keepThumbnail(runtimeFolder: string, folder: string): Promise<void> {
  try {
    const picture = await withMonitor(runtimeFolder, (monitor) => takeThumbnail(monitor, runtimeFolder));
    writeFileSync(join(folder, savedFile.thumbnail), picture, { mode: 0o600 });
  } catch {
    // Only a picture.
  }
}
