import { Button } from '@mantine/core';
import { IconCamera, IconCurrentLocation } from '@tabler/icons-react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { TimelineInfo } from '../../../contract/snapshot.ts';
import { formatBytes } from '../../ui/format.ts';
import { StateMark, stateWord } from '../../ui/state-mark.tsx';
import { findCardX, findLaneX } from './draw-tree.ts';
import { presentId, type TreeRow } from './layout-tree.ts';

/** Where the machine is now: the last row, which stays in view. */
export function PresentRow({
  machine,
  info,
  row,
  isChosen,
}: {
  machine: MachineSummary;
  info: TimelineInfo;
  row: TreeRow;
  isChosen: boolean;
}) {
  return (
    <div
      role="treeitem"
      id={`snapshot-${presentId}`}
      data-id={presentId}
      data-testid="present-row"
      className="tree-row tree-present"
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={isChosen}
      aria-current
      aria-label={`You are here, ${stateWord(machine.state)}, ${describeChange(info)}`}
      tabIndex={isChosen ? 0 : -1}
      style={{ paddingLeft: findCardX(row.lane) }}
    >
      {row.level > 1 ? (
        // The row covers the drawing, for it stays in view above the others; so it draws the end of its own line.
        <svg className="tree-present-line" style={{ left: findLaneX(row.lane) }} aria-hidden focusable="false">
          <path d="M2 24V0" className="tree-line" data-present="true" data-path={isChosen} />
        </svg>
      ) : null}
      <span className="tree-node" data-state="present" data-branch="trunk" style={{ left: findLaneX(row.lane) }} aria-hidden />
      <div className="snapshot-card">
        <div className="snapshot-thumbnail">
          <IconCurrentLocation size={24} stroke={1.5} aria-hidden />
        </div>
        <div className="snapshot-name">You are here</div>
        <div className="snapshot-facts">
          <span className="snapshot-state">
            <StateMark state={machine.state} size={16} />
            {stateWord(machine.state)}
          </span>
          <span>now</span>
          <span className="snapshot-size numeric" title="On disk since the last snapshot">
            {formatBytes(info.presentBytes)}
          </span>
        </div>
        <div className="snapshot-note truncate">{describeChange(info)}</div>
        <div className="snapshot-actions">
          <Button
            size="xs"
            leftSection={<IconCamera size={16} stroke={1.75} aria-hidden />}
            tabIndex={isChosen ? 0 : -1}
            data-action="take"
            disabled={info.problem !== null}
          >
            Take snapshot…
          </Button>
        </div>
      </div>
    </div>
  );
}

/** Whether the present differs from the snapshot it grew from. */
function describeChange({ snapshots, current, isPresentChanged }: TimelineInfo): string {
  const origin = snapshots.find(({ id }) => id === current);
  if (origin === undefined)
    return snapshots.length === 0 ? 'Nothing is kept yet' : 'It grew from none of the snapshots that are here';
  return isPresentChanged ? `Changed since “${origin.name}”` : `Just as “${origin.name}”`;
}
