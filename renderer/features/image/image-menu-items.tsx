import { Menu } from '@mantine/core';
import {
  type Icon,
  IconArrowsDiagonal,
  IconArrowsMinimize,
  IconInfoCircle,
  IconStethoscope,
  IconTransform,
  IconTrash,
} from '@tabler/icons-react';
import type { Image } from '../../../contract/image.ts';
import type { ImageDialogKind } from '../../state/window-store.ts';
import { useOpenDialog } from '../../ui/app-context.tsx';
import { type ImageVerb, listImageVerbs } from './image-words.ts';

const looks: Record<ImageVerb, { label: string; icon: Icon; dialog: ImageDialogKind }> = {
  info: { label: 'About this image', icon: IconInfoCircle, dialog: 'image-info' },
  grow: { label: 'Grow…', icon: IconArrowsDiagonal, dialog: 'grow-image' },
  convert: { label: 'Convert or copy…', icon: IconTransform, dialog: 'convert-image' },
  check: { label: 'Check…', icon: IconStethoscope, dialog: 'check-image' },
  compact: { label: 'Compact…', icon: IconArrowsMinimize, dialog: 'compact-image' },
  delete: { label: 'Delete…', icon: IconTrash, dialog: 'delete-image' },
};

/** What can be done with an image, as menu items. */
export function ImageMenuItems({ image, all }: { image: Image; all: readonly Image[] }) {
  const openDialog = useOpenDialog();
  return (
    <>
      {listImageVerbs(image, all).map((verb) => {
        const { label, icon: VerbIcon, dialog } = looks[verb];
        return (
          <Menu.Item
            key={verb}
            leftSection={<VerbIcon size={16} stroke={1.75} aria-hidden />}
            {...(verb === 'delete' ? { color: 'red' } : {})}
            onClick={() => openDialog({ kind: dialog, file: image.file })}
          >
            {label}
          </Menu.Item>
        );
      })}
    </>
  );
}
