import { statSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';
import { readLink } from '../image/read-chain.ts';

/** A qcow2 file that machines of ours are built from. Sizes are bytes. */
export interface OwnLayer {
  /** Absolute path. */
  readonly path: string;
  /** Absolute path of the file this one builds on. */
  readonly backing: string | null;
  readonly virtualSize: number;
  /** Length of the file, and what it occupies on disk. */
  readonly length: number;
  readonly actualSize: number;
}

/** Reads the header of a layer. Throws `image-invalid` when it is missing or damaged. */
export function readOwnLayer(path: string): OwnLayer {
  const { layer, problem } = readLink(path, 'qcow2');
  if (layer === null || problem !== null || layer.virtualSize === null) {
    throw new AppError('image-invalid', `The disk layer ${path} cannot be used: ${problem ?? 'its header is damaged'}.`, {
      hint: 'Restore the file from a backup; what builds on it cannot be used without it.',
    });
  }
  const { virtualSize, actualSize, backing } = layer;
  return { path, backing: backing?.file ?? null, virtualSize, length: statSync(path).size, actualSize };
}
