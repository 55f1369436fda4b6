import { Button, Group, Modal, Text } from '@mantine/core';
import type { Image } from '../../../contract/image.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import { sortForDeletion, sumBytes } from './group-images.ts';
import { describeRole, findName } from './image-words.ts';

const shownImages = 8;

/** Asks before images that nothing needs are deleted. */
export function DeleteImagesDialog({ images, onClose }: { images: readonly Image[]; onClose: () => void }) {
  const { imageActions } = useApp();
  const action = useAction();
  const [only] = images;
  const title = images.length === 1 && only !== undefined ? `Delete ${findName(only.file)}?` : `Delete ${images.length} images?`;

  const remove = async () => {
    if (await action.run(() => imageActions.remove(sortForDeletion(images)))) onClose();
  };

  return (
    <Modal opened onClose={onClose} title={title} size={520}>
      <div className="dialog-column">
        <div>
          <Text>
            Nothing needs {images.length === 1 ? 'it' : 'them'}. This destroys, for good, and frees{' '}
            {formatBytes(sumBytes(images))}:
          </Text>
          <ul className="destroy-list">
            {images.slice(0, shownImages).map((image) => (
              <li key={image.file} title={image.file}>
                {findName(image.file)} ({formatBytes(image.actualSize)}){' '}
                <Text span c="dimmed">
                  {describeRole(image)}
                </Text>
              </li>
            ))}
            {images.length > shownImages ? <li>and {formatCount(images.length - shownImages, 'image')} more</li> : null}
          </ul>
        </div>
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={action.isBusy}>
            Cancel
          </Button>
          <Button color="red" onClick={() => void remove()} loading={action.isBusy} data-autofocus>
            {images.length === 1 ? 'Delete' : `Delete ${images.length} images`}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
