import { ActionIcon, Button } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { memo } from 'react';
import type { MachineLink, SnapshotInfo } from '../../../contract/snapshot.ts';
import { formatAgo, formatBytes } from '../../ui/format.ts';
import { PlaceLink } from '../../ui/place-link.tsx';
import { StateMark, stateWord } from '../../ui/state-mark.tsx';
import { findCardX, findLaneX } from './draw-tree.ts';
import type { TreeRow } from './layout-tree.ts';
import { SnapshotThumbnail } from './snapshot-thumbnail.tsx';
import { branchColours } from './tree-lines.tsx';

/** One snapshot of the tree: its node, and its card. */
export const SnapshotRow = memo(function SnapshotRow({
  machine,
  snapshot,
  clones,
  row,
  isChosen,
  now,
}: {
  machine: string;
  snapshot: SnapshotInfo;
  /** The clones that were made of it. */
  clones: readonly MachineLink[];
  row: TreeRow;
  isChosen: boolean;
  now: number;
}) {
  const { id, name, note, state, createdAt, sizeBytes, memoryBytes, diskBytes } = snapshot;
  const ago = formatAgo(createdAt, now);
  const tabIndex = isChosen ? 0 : -1;
  return (
    <div
      role="treeitem"
      id={`snapshot-${id}`}
      data-id={id}
      data-testid="snapshot-row"
      data-current={snapshot.isCurrent}
      className="tree-row"
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={isChosen}
      aria-label={`${name}, ${stateWord(state)}, ${ago}, ${formatBytes(sizeBytes)}`}
      {...(note === '' ? {} : { 'aria-description': note })}
      tabIndex={tabIndex}
      style={{ paddingLeft: findCardX(row.lane) }}
    >
      <span
        className="tree-node"
        data-state={state}
        data-branch={row.branch === 0 ? 'trunk' : row.branch % branchColours}
        style={{ left: findLaneX(row.lane) }}
        aria-hidden
      />
      <div className="snapshot-card">
        <SnapshotThumbnail machine={machine} snapshot={snapshot} />
        <div className="snapshot-name truncate" title={name}>
          {name}
        </div>
        <div className="snapshot-facts">
          <span className="snapshot-state">
            <StateMark state={state} size={16} />
            {stateWord(state)}
          </span>
          <time className="numeric" dateTime={createdAt} title={new Date(createdAt).toLocaleString()}>
            {ago}
          </time>
          <span
            className="snapshot-size numeric"
            title={
              memoryBytes === 0 ? 'On its disks' : `${formatBytes(diskBytes)} on its disks, ${formatBytes(memoryBytes)} of memory`
            }
          >
            {formatBytes(sizeBytes)}
          </span>
        </div>
        {clones.length === 0 && note === '' ? null : (
          <div className="snapshot-note truncate">
            {clones.length === 0 ? null : (
              <span className="snapshot-clones">
                {clones.length === 1 ? 'Clone: ' : 'Clones: '}
                {clones.map((clone, index) => (
                  <span key={clone.id}>
                    {index === 0 ? '' : ', '}
                    <PlaceLink machine={clone} tabIndex={tabIndex} />
                  </span>
                ))}
              </span>
            )}
            {note === '' ? null : <span title={note}>{note}</span>}
          </div>
        )}
        <div className="snapshot-actions">
          <Button className="snapshot-restore" size="compact-sm" variant="default" tabIndex={tabIndex} data-action="restore">
            Restore…
          </Button>
          <ActionIcon aria-label={`Actions for ${name}`} aria-haspopup="menu" tabIndex={tabIndex} data-action="menu">
            <IconDots size={16} />
          </ActionIcon>
        </div>
      </div>
    </div>
  );
});
