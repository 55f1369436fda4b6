import { Button, Loader, TextInput } from '@mantine/core';
import { IconPlus, IconSearch, IconTransform } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Image } from '../../../contract/image.ts';
import { useOpenDialog } from '../../ui/app-context.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { filterImages, isSpare, sumBytes } from './group-images.ts';
import { ImageList } from './image-list.tsx';
import './image-page.css';
import { useImages } from './use-images.ts';

const none: readonly Image[] = [];

/** Every disk image: what each is for, what it takes, what it builds on, and what nothing needs. */
export function ImagePage({ machine }: { machine: string | null }) {
  const openDialog = useOpenDialog();
  const { images, error } = useImages();
  const [text, setText] = useState('');
  const [showSpare, setShowSpare] = useState(0);
  const all = images ?? none;
  const shown = useMemo(() => filterImages(all, text), [all, text]);
  const spare = useMemo(() => all.filter(isSpare), [all]);
  return (
    <article className="image-page" aria-label="Disk images">
      <header className="image-top">
        <div className="image-top-text">
          <h1>Disk images</h1>
          <p className="numeric" data-testid="image-summary">
            {images === null ? 'Looking' : `${formatCount(all.length, 'image')}, ${formatBytes(sumBytes(all))} on this host.`}{' '}
            {spare.length === 0 ? null : (
              <button type="button" className="image-to-spare" onClick={() => setShowSpare((count) => count + 1)}>
                {formatBytes(sumBytes(spare))} that nothing needs
              </button>
            )}
          </p>
        </div>
        <TextInput
          className="image-filter"
          size="xs"
          leftSection={<IconSearch size={14} aria-hidden />}
          placeholder="Filter"
          aria-label="Filter images"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setText('');
          }}
        />
        <div className="image-top-buttons">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconTransform size={16} aria-hidden />}
            onClick={() => openDialog({ kind: 'convert-file' })}
          >
            Convert a file
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => openDialog({ kind: 'new-image' })}
          >
            New image
          </Button>
        </div>
      </header>
      {error === null ? null : (
        <div className="page-error">
          <ErrorNotice error={error} />
        </div>
      )}
      {images === null && error === null ? (
        <div className="page-loader" role="status" aria-label="Loading">
          <Loader size="sm" type="dots" />
        </div>
      ) : null}
      {images !== null && all.length === 0 ? (
        <p className="image-empty">No images yet. Each machine with a disk brings its own.</p>
      ) : null}
      {all.length > 0 && shown.length === 0 ? (
        <p className="image-empty">
          No image fits.{' '}
          <Button variant="subtle" size="compact-sm" onClick={() => setText('')}>
            Show all
          </Button>
        </p>
      ) : null}
      {shown.length > 0 ? <ImageList images={shown} all={all} machine={machine} showSpare={showSpare} /> : null}
    </article>
  );
}
