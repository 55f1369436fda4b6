import { ActionIcon } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { memo } from 'react';
import type { Image } from '../../../contract/image.ts';
import { formatBytes } from '../../ui/format.ts';
import { ChainLines } from './chain-lines.tsx';
import type { ImageLine } from './group-images.ts';
import { describeRole, findName, formatWords, listOtherUsers, nameImage } from './image-words.ts';

type ImageRowLine = Extract<ImageLine, { type: 'image' }>;

/** One image of the list. Its chain is drawn on from row to row. */
export const ImageRow = memo(function ImageRow({
  line,
  height,
  isActive,
}: {
  line: ImageRowLine;
  height: number;
  isActive: boolean;
}) {
  const { row, lanes } = line;
  const { image } = row;
  const { file, format, virtualSize, actualSize, problem } = image;
  const name = nameImage(image);
  const tabIndex = isActive ? 0 : -1;
  const size = virtualSize === null ? 'unknown' : formatBytes(virtualSize);
  return (
    <div className="image-row" data-file={file} data-testid="image-row" style={{ height }}>
      <div className="image-what">
        <ChainLines {...row} lanes={lanes} height={height} role={image.role} isBroken={problem !== null} />
        <div className="image-text">
          <div className="image-name">
            <button type="button" className="truncate" data-open={file} tabIndex={tabIndex} title={name}>
              {name}
            </button>
            {image.role === 'present' ? <span className="image-tag">written now</span> : null}
          </div>
          {problem === null ? (
            <div className="image-file truncate">
              {describeSecond(image)}
              <span className="image-narrow">
                {' · '}
                {formatWords[format]}, {formatBytes(actualSize)} of {size}
              </span>
            </div>
          ) : (
            <div className="image-problem truncate" title={problem}>
              {findName(file)}: {problem}
            </div>
          )}
        </div>
      </div>
      <div className="image-wide">{formatWords[format]}</div>
      <div className="image-wide numeric image-number">
        <span className="only-for-readers">size </span>
        {size}
      </div>
      <div className="image-wide numeric image-used">
        <UsedBar used={actualSize} size={virtualSize} />
        <span>
          <span className="only-for-readers">used here </span>
          {formatBytes(actualSize)}
        </span>
      </div>
      <div className="image-wide truncate image-users">
        <Users image={image} tabIndex={tabIndex} />
      </div>
      <ActionIcon data-menu={file} aria-label={`Actions for ${name}`} aria-haspopup="menu" tabIndex={tabIndex} size={28}>
        <IconDots size={16} />
      </ActionIcon>
    </div>
  );
});

/** Under the name: the file, or what it is where the name is the file's already. */
function describeSecond(image: Image): string {
  return nameImage(image) === findName(image.file) ? describeRole(image) : findName(image.file);
}

function UsedBar({ used, size }: { used: number; size: number | null }) {
  const share = size === null || size === 0 ? 0 : Math.min(1, used / size);
  return (
    <span className="image-bar" aria-hidden>
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}

function Users({ image, tabIndex }: { image: Image; tabIndex: number }) {
  const others = listOtherUsers(image);
  if (others.length === 0) return null;
  return (
    <>
      <span className="only-for-readers">also used by </span>
      {others.map(({ id, name }, index) => (
        <span key={id}>
          {index === 0 ? '' : ', '}
          <a href={`#/images/${id}`} tabIndex={tabIndex}>
            {name}
          </a>
        </span>
      ))}
    </>
  );
}
