import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMachines, useOpenDialog, useTemplates } from '../../ui/app-context.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { PlaceLink } from '../../ui/place-link.tsx';
import { StateMark, stateWord } from '../../ui/state-mark.tsx';
import { ChainLines } from './chain-lines.tsx';
import type { ImageLine } from './group-images.ts';
import { findName, nameFully } from './image-words.ts';

interface LineProps<T extends ImageLine['type']> {
  line: Extract<ImageLine, { type: T }>;
  height: number;
}

/** The head of a machine's images. */
export function MachineLine({ line, height }: LineProps<'machine'>) {
  const state = useMachines(({ byId }) => byId.get(line.id)?.state);
  const isTemplate = useTemplates(({ templates }) => templates?.some(({ id }) => id === line.id) === true);
  return (
    <div className="image-group" style={{ height }}>
      <div className="image-group-what">
        {state === undefined ? null : <StateMark state={state} size={20} />}
        <h2 className="image-group-name truncate">
          <PlaceLink machine={line} />
        </h2>
        {state === undefined && !isTemplate ? null : (
          <span className="image-group-fact">{state === undefined ? 'Template' : stateWord(state)}</span>
        )}
      </div>
      <span className="image-group-bytes numeric">{formatBytes(line.bytes)}</span>
    </div>
  );
}

/** The head of what nothing needs. */
export function SpareLine({ line, height }: LineProps<'spare'>) {
  const openDialog = useOpenDialog();
  return (
    <div className="image-spare" style={{ height }}>
      <div className="image-spare-box">
        <div className="image-spare-text">
          <h2>Nothing needs these</h2>
          <p className="truncate">
            {formatCount(line.count, 'image')} of machines that were deleted, or left over: {formatBytes(line.bytes)}.
          </p>
        </div>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconTrash size={14} aria-hidden />}
          onClick={() => openDialog({ kind: 'delete-spare' })}
        >
          Delete all…
        </Button>
      </div>
    </div>
  );
}

/** Where a chain goes on among the images of another machine. */
export function LinkLine({ line, height }: LineProps<'link'>) {
  const { target, file } = line;
  return (
    <div className="image-link" style={{ height }}>
      <ChainLines lane={line.lane} lanes={line.lanes} height={height} role="link" />
      <span className="truncate">
        builds on{' '}
        {target?.machine == null ? (
          <span title={file}>{findName(file)}, which is none of Bothy's</span>
        ) : (
          <a href={`#/images/${target.machine.id}`}>{nameFully(target)}</a>
        )}
      </span>
    </div>
  );
}
