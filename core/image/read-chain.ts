import { type Layer, readLayer } from './read-layer.ts';

/** A file of a chain: its header, or why it cannot be read. A problem goes on a sentence that named the file: `it is missing`. */
export type ChainLink =
  | { readonly file: string; readonly layer: Layer; readonly problem: string | null }
  | { readonly file: string; readonly layer: null; readonly problem: string };

/** Reads one file; several walks can share one that remembers. */
export type LayerReader = (file: string, format: string | null) => ChainLink;

/** QEMU itself gives up long before this. */
const longestChain = 1000;

/**
 * An image and all it builds on, by their headers: the image first, the base last. Ends early at a link with a problem
 * that hides what comes below. Never throws.
 */
export function readChain(file: string, format: string | null, read: LayerReader = readLink): readonly ChainLink[] {
  const chain: ChainLink[] = [];
  const seen = new Set<string>();
  let next: { file: string; format: string | null } | null = { file, format };
  while (next !== null) {
    if (seen.has(next.file) || chain.length >= longestChain) {
      chain.push({ file: next.file, layer: null, problem: 'it builds on itself' });
      return chain;
    }
    seen.add(next.file);
    const link = read(next.file, next.format);
    chain.push(link);
    const backing: Layer['backing'] = link.layer?.backing ?? null;
    next = backing === null || backing.file === null ? null : { file: backing.file, format: backing.format };
  }
  return chain;
}

/** Reads one link and says what is wrong with it. */
export function readLink(file: string, format: string | null): ChainLink {
  try {
    const layer = readLayer(file, format);
    return { file, layer, problem: findProblem(layer) };
  } catch (error) {
    return { file, layer: null, problem: describeFailure(error as NodeJS.ErrnoException) };
  }
}

/** A reader that looks at each file once. */
export function createLayerReader(): LayerReader {
  const known = new Map<string, ChainLink>();
  return (file, format) => {
    const key = `${format ?? ''}:${file}`;
    let link = known.get(key);
    if (link === undefined) {
      link = readLink(file, format);
      known.set(key, link);
    }
    return link;
  };
}

function findProblem({ qcow2, backing }: Layer): string | null {
  if (qcow2 === null) return null;
  if (qcow2.isCorrupt) return 'it is marked as corrupt';
  if (qcow2.virtualSize === null) return 'its header is damaged';
  if (qcow2.hasDataFile) return 'it keeps its data in another file';
  if (backing === null) return null;
  if (backing.file === null) return `it builds on “${backing.name}”, which is no file`;
  if (backing.format === null) return 'it does not say of which format its backing file is';
  return null;
}

function describeFailure({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'it is missing';
  if (code === 'EACCES' || code === 'EPERM') return 'it cannot be read: permission denied';
  return code === undefined ? message : `it cannot be read: ${message}`;
}
