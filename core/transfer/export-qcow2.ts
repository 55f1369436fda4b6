import { dirname } from 'node:path';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { type ExportSource, type ExportWork, measureDisks } from './export-source.ts';
import type { TargetFile } from './target-file.ts';

/** The files of `exportQcow2`: the first disk under the name that was asked for, the others under that and their own. */
export function nameQcow2Files({ disks }: ExportSource, path: string): string[] {
  return disks.map(({ id }, index) => (index === 0 ? path : path.replace(/(\.[^./]*)?$/, (ending) => `-${id}${ending}`)));
}

/** Writes each disk as one qcow2 file that needs no other. */
export async function exportQcow2(source: ExportSource, targets: readonly TargetFile[], work: ExportWork): Promise<void> {
  const { copyBytes, totalBytes } = await measureDisks(source, work);
  const [first] = targets;
  if (first !== undefined) checkFreeSpace(dirname(first.path), totalBytes, `Exporting “${source.configuration.name}”`);
  let done = 0;
  for (const [index, { id, path, format }] of source.disks.entries()) {
    const bytes = copyBytes[index] ?? 0;
    const report = (fraction: number | null) =>
      work.progress((done + bytes * (fraction ?? 0)) / (totalBytes || 1), `Copying ${id}`);
    report(0);
    await work.qemuImg.convert(path, format, targets[index]?.temporary ?? '', report, work.signal);
    done += bytes;
  }
}
