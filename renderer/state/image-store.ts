import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AppErrorData } from '../../contract/app-error.ts';
import type { Image } from '../../contract/image.ts';

/** The disk images as they were last read; null until then. */
export interface ImageState {
  readonly images: readonly Image[] | null;
  /** Why they could not be read anew, if so. */
  readonly error: AppErrorData | null;
}

export type ImageStore = StoreApi<ImageState>;

export function createImageStore(): ImageStore {
  return createStore(() => ({ images: null, error: null }));
}

/** The state after the images were read; those that did not change stay the same objects. */
export function applyImages(state: ImageState, images: readonly Image[]): ImageState {
  const known = new Map(state.images?.map((image) => [image.file, image]));
  let isSame = state.images?.length === images.length;
  const next = images.map((image, index) => {
    const before = known.get(image.file);
    const kept = before !== undefined && JSON.stringify(before) === JSON.stringify(image) ? before : image;
    isSame &&= kept === state.images?.[index];
    return kept;
  });
  return { images: isSame ? state.images : next, error: null };
}
