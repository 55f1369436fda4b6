import { Loader } from '@mantine/core';
import type { MachineDefinition, MachineSummary } from '../../../contract/machine.ts';
import type { TimelineInfo } from '../../../contract/snapshot.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { ProblemNotice } from './problem-notice.tsx';
import { SnapshotTree } from './snapshot-tree.tsx';
import { useTimeline } from './use-timeline.ts';

/** A machine's snapshots: the tree, where the present stands in it, and what is still to be tidied up. */
export function SnapshotsTab({ machine, definition }: { machine: MachineSummary; definition: MachineDefinition | null }) {
  const { info, error } = useTimeline(machine.id);
  return (
    <div className="page-column snapshots">
      {error === null ? null : <ErrorNotice error={error} />}
      {info === null && error === null ? (
        <div className="page-loader" role="status" aria-label="Loading">
          <Loader size="sm" type="dots" />
        </div>
      ) : null}
      {info === null ? null : (
        <>
          {info.problem === null ? null : <ProblemNotice machine={machine} definition={definition} problem={info.problem} />}
          {info.snapshots.length === 0 ? <Invitation /> : <Totals info={info} />}
          <SnapshotTree machine={machine} info={info} />
        </>
      )}
    </div>
  );
}

function Invitation() {
  return (
    <div className="snapshots-intro">
      <h2>No snapshots yet</h2>
      <p>
        A snapshot keeps everything at once: disks, the firmware’s variables, settings, and the memory of a machine that runs. Go
        back to it at any time, try something else from there, or make a new machine of it. Snapshots form a tree, and nothing of
        it is lost when you go back.
      </p>
    </div>
  );
}

function Totals({ info: { snapshots, unfinished } }: { info: TimelineInfo }) {
  const bytes = snapshots.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <div className="snapshots-totals numeric">
      <span>
        {formatCount(snapshots.length, 'snapshot')}, {formatBytes(bytes)}
      </span>
      {unfinished.layers === 0 ? null : (
        <span data-testid="unfinished-merges">
          {formatCount(unfinished.layers, 'deleted layer')} still to be merged, {formatBytes(unfinished.bytes)}
        </span>
      )}
    </div>
  );
}
