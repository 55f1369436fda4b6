import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Image } from '../../../contract/image.ts';
import type { DialogRequest, ImageDialogKind } from '../../state/window-store.ts';
import { useApp } from '../../ui/app-context.tsx';
import { CheckDialog } from './check-dialog.tsx';
import { CompactDialog } from './compact-dialog.tsx';
import { ConvertDialog } from './convert-dialog.tsx';
import { ConvertFileDialog } from './convert-file-dialog.tsx';
import { DeleteImagesDialog } from './delete-images-dialog.tsx';
import { isSpare } from './group-images.ts';
import { GrowDialog } from './grow-dialog.tsx';
import './image-dialogs.css';
import { ImageInfoDialog } from './image-info-dialog.tsx';
import { listImageVerbs } from './image-words.ts';
import { NewImageDialog } from './new-image-dialog.tsx';

type ImageDialogRequest = Exclude<
  DialogRequest,
  { id: string } | { template: string } | { kind: 'create' | 'import' | 'first-template' }
>;

/** The dialog about disk images that was asked for. */
export function ImageDialogs({ dialog, onClose }: { dialog: ImageDialogRequest; onClose: () => void }) {
  const { stores, imageActions } = useApp();
  const images = useStore(stores.images, (state) => state.images);
  useEffect(() => {
    if (images === null) void imageActions.refresh();
  }, [images, imageActions]);
  switch (dialog.kind) {
    case 'new-image':
      return <NewImageDialog onClose={onClose} />;
    case 'convert-file':
      return <ConvertFileDialog onClose={onClose} />;
    case 'delete-spare':
      return images === null ? null : <SpareDialog images={images} onClose={onClose} />;
    default:
      return images === null ? null : (
        <OneImageDialog key={dialog.file} kind={dialog.kind} file={dialog.file} images={images} onClose={onClose} />
      );
  }
}

function SpareDialog({ images, onClose }: { images: readonly Image[]; onClose: () => void }) {
  // What was asked about stays what is asked about.
  const [spare] = useState(() => images.filter(isSpare));
  return <DeleteImagesDialog images={spare} onClose={onClose} />;
}

function OneImageDialog({
  kind,
  file,
  images,
  onClose,
}: {
  kind: ImageDialogKind;
  file: string;
  images: readonly Image[];
  onClose: () => void;
}) {
  // An operation may give the image another file, or end it, under its own dialog.
  const [first] = useState(() => images.find((image) => image.file === file));
  const image = images.find((one) => one.file === file) ?? first;
  if (image === undefined) return null;
  const place = { image, onClose };
  switch (kind) {
    case 'image-info':
      return <ImageInfoDialog {...place} />;
    case 'grow-image':
      return <GrowDialog {...place} />;
    case 'convert-image':
      return <ConvertDialog {...place} />;
    case 'check-image':
      return <CheckDialog {...place} />;
    case 'compact-image':
      return <CompactDialog {...place} />;
    case 'delete-image':
      return listImageVerbs(image, images).includes('delete') ? <DeleteImagesDialog images={[image]} onClose={onClose} /> : null;
  }
}
