import { errorToData } from '../../contract/app-error.ts';
import type { CheckResult, CompactResult, Image, ImageFormat, ImageResult, ResizeResult } from '../../contract/image.ts';
import type { Client } from '../client/client.ts';
import { applyImages, type ImageStore } from './image-store.ts';

/** What the window does with disk images. All but `refresh` throw, for the dialog that asked shows the error. */
export interface ImageActions {
  /** Reads the list anew; trouble is kept in the store. */
  refresh(): Promise<void>;
  create(input: { file: string; size: number; format: ImageFormat; preallocate: boolean; force: boolean }): Promise<ImageResult>;
  convert(source: string, input: { to?: string; format: ImageFormat; compress?: boolean; force?: boolean }): Promise<ImageResult>;
  grow(image: Image, size: number): Promise<ResizeResult>;
  check(image: Image, repair?: 'leaks' | 'all'): Promise<CheckResult>;
  compact(image: Image): Promise<CompactResult>;
  /** One after the other, in this order. */
  remove(images: readonly Image[]): Promise<void>;
}

export function createImageActions(client: Client, store: ImageStore): ImageActions {
  const { image: call } = client.call;
  let reading: Promise<void> | null = null;
  let isStale = false;
  const read = async (): Promise<void> => {
    do {
      isStale = false;
      await call.list({}).then(
        ({ images }) => store.setState((state) => applyImages(state, images), true),
        (error: unknown) => store.setState({ error: errorToData(error) }),
      );
    } while (isStale);
    reading = null;
  };
  const refresh = (): Promise<void> => {
    if (reading === null) reading = read();
    else isStale = true;
    return reading;
  };
  const afterwards = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      void refresh();
    }
  };
  return {
    refresh,
    create: (input) => call.create(input),
    convert: (source, input) => afterwards(call.convert({ image: source, ...input })),
    grow: (image, size) => afterwards(call.resize({ image: referTo(image), size })),
    check: (image, repair) => afterwards(call.check({ image: referTo(image), ...(repair === undefined ? {} : { repair }) })),
    compact: (image) => afterwards(call.compact({ image: referTo(image) })),
    remove: (images) =>
      afterwards(
        (async () => {
          for (const { file } of images) await call.delete({ image: file });
        })(),
      ),
  };
}

/** By machine and disk where that is what is meant: its file changes with every snapshot. */
function referTo({ role, machine, device, file }: Image): string {
  return role === 'present' && machine !== null && device !== null ? `${machine.id}:${device}` : file;
}
