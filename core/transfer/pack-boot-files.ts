import { type Stats, statSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { machineFile } from '../storage/file-names.ts';
import { type ArchiveSource, createFileSource } from './archive-source.ts';

/** The kernels and initial file systems that configurations start directly, while they are packed. */
export interface BootFiles {
  readonly sources: readonly ArchiveSource[];
  /** The configuration as it is in the archive: its kernel is named `boot/...`. Throws `file-not-found`. */
  pack<T extends MachineConfiguration>(configuration: T): T;
}

/** Each file is packed once, however many configurations start it. */
export function createBootFiles(): BootFiles {
  const sources: ArchiveSource[] = [];
  const names = new Map<string, string>();
  const add = (path: string, kind: 'kernel' | 'initrd'): string => {
    const known = names.get(path);
    if (known !== undefined) return known;
    const status = findFile(path);
    if (status === undefined) {
      throw new AppError('file-not-found', `The ${kind} that it starts is not there: ${path}`, {
        hint: 'Bring the file back, or set another kernel.',
      });
    }
    const name = `${machineFile.boot}/${kind}-${names.size}`;
    names.set(path, name);
    sources.push(createFileSource(name, path, status, null));
    return name;
  };
  return {
    sources,
    pack: (configuration) => {
      const { kernel } = configuration;
      if (kernel === null) return configuration;
      const packed = add(kernel.kernel, 'kernel');
      const initrd = kernel.initrd === null ? null : add(kernel.initrd, 'initrd');
      return { ...configuration, kernel: { ...kernel, kernel: packed, initrd } };
    },
  };
}

function findFile(path: string): Stats | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true ? status : undefined;
}
