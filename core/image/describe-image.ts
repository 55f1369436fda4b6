import { AppError } from '../../contract/app-error.ts';
import type { Image, ImageInfo } from '../../contract/image.ts';
import { checkReadableFile } from '../machine/preflight.ts';
import type { Site } from '../machine/site.ts';
import { resolveImage } from './image-place.ts';
import { readImageTable } from './image-table.ts';
import { createQemuImg } from './qemu-img.ts';
import { type ChainLink, readChain } from './read-chain.ts';
import { readImageHeader } from './read-image-header.ts';
import { type Layer, readLayer } from './read-layer.ts';

/** Everything about one image, by headers; QEMU's tool is asked only for formats whose header says too little. */
export async function describeImage(site: Site, reference: string, signal: AbortSignal | undefined): Promise<ImageInfo> {
  const place = resolveImage(site.store, reference);
  if (place.kind === 'outside') return describeOutside(site, place.file, signal);
  const entry = readImageTable(site.store).get(place.file);
  if (entry === undefined) {
    throw new AppError('file-not-found', `There is no image ${place.file}.`, { hint: 'See `bothy image list`.' });
  }
  const chain = readChain(place.file, entry.format);
  return { ...entry, ...describeLayer(chain[0]?.layer ?? null), chain: chain.map(describeLink), warning: null };
}

/** Of an image from outside nothing but its own header is believed, and nothing that it names is opened. */
async function describeOutside(site: Site, file: string, signal: AbortSignal | undefined): Promise<ImageInfo> {
  checkReadableFile(file, 'The image');
  const layer = readLayer(file, null);
  const { format, actualSize, backing } = layer;
  // It looks further into the file, where a VMDK may name others.
  const { reference } = readImageHeader(file);
  const virtualSize =
    layer.virtualSize === null && reference === null && layer.qcow2 === null
      ? await createQemuImg(site.host, site.environment).readVirtualSize(file, format, signal)
      : layer.virtualSize;
  const image: Image = {
    ...{ file, format, virtualSize, actualSize, backingFile: backing?.file ?? null },
    ...{ machine: null, device: null, role: 'outside', snapshots: [], usedBy: [] },
    problem: layer.qcow2?.isCorrupt === true ? 'it is marked as corrupt' : null,
  };
  return {
    ...image,
    ...describeLayer(layer),
    chain: [{ file, format, virtualSize, actualSize, problem: image.problem }],
    dependents: [],
    warning: reference === null ? null : `The image is not to be trusted unless you made it: ${reference}.`,
  };
}

function describeLayer(layer: Layer | null): Pick<ImageInfo, 'clusterSize' | 'internalSnapshots' | 'isEncrypted'> {
  const header = layer?.qcow2;
  return {
    clusterSize: header?.clusterBytes ?? null,
    internalSnapshots: header?.internalSnapshots ?? 0,
    isEncrypted: header?.isEncrypted ?? false,
  };
}

function describeLink({ file, layer, problem }: ChainLink): ImageInfo['chain'][number] {
  const { format = null, virtualSize = null, actualSize = null } = layer ?? {};
  return { file, format, virtualSize, actualSize, problem };
}
