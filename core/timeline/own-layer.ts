import { statSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';
import { type ChainLink, readChain, readLink } from '../image/read-chain.ts';
import { getEmptyOverlayLength } from '../image/write-overlay.ts';

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
  return judgeLink(readLink(path, 'qcow2'));
}

/** A layer and all it is built on, wherever that lies. Throws `image-invalid` when one of them is missing or damaged. */
export function readOwnChain(path: string): [OwnLayer, ...OwnLayer[]] {
  const [layer, ...below] = readChain(path, 'qcow2');
  return [layer === undefined ? readOwnLayer(path) : judgeLink(layer), ...below.map(judgeLink)];
}

/** Whether an overlay holds just what it lies on: it was never written to, which would make it longer, nor grown. */
export function isUnwritten({ backing, length, virtualSize }: OwnLayer): boolean {
  return backing !== null && length === getEmptyOverlayLength(virtualSize) && virtualSize === readOwnLayer(backing).virtualSize;
}

function judgeLink({ file: path, layer, problem }: ChainLink): OwnLayer {
  if (layer === null || problem !== null || layer.virtualSize === null) {
    throw new AppError('image-invalid', `The disk layer ${path} cannot be used: ${problem ?? 'its header is damaged'}.`, {
      hint: 'Restore the file from a backup; what builds on it cannot be used without it.',
    });
  }
  const { virtualSize, actualSize, backing } = layer;
  return { path, backing: backing?.file ?? null, virtualSize, length: statSync(path).size, actualSize };
}
