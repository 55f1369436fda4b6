import { useEffect, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { SnapshotDialogKind } from '../../state/window-store.ts';
import { DeleteSnapshotDialog } from './delete-snapshot-dialog.tsx';
import { EditSnapshotDialog } from './edit-snapshot-dialog.tsx';
import { RestoreDialog } from './restore-dialog.tsx';
import { useTimeline } from './use-timeline.ts';

/** The dialog about one snapshot of a machine. It stays when its snapshot goes, for deleting may take longer than that. */
export function SnapshotDialogs({
  kind,
  machine,
  snapshot: id,
  onClose,
}: {
  kind: SnapshotDialogKind;
  machine: MachineSummary;
  snapshot: string;
  onClose: () => void;
}) {
  const { info } = useTimeline(machine.id);
  const found = info?.snapshots.find((one) => one.id === id);
  const [snapshot, setSnapshot] = useState(found);
  if (found !== undefined && found !== snapshot) setSnapshot(found);
  const isMissing = info !== null && snapshot === undefined;
  useEffect(() => {
    if (isMissing) onClose();
  }, [isMissing, onClose]);
  if (info === null || snapshot === undefined) return null;
  const place = { machine, snapshot, info, onClose };
  switch (kind) {
    case 'restore':
      return <RestoreDialog {...place} />;
    case 'edit-snapshot':
      return <EditSnapshotDialog {...place} />;
    case 'delete-snapshot':
      return <DeleteSnapshotDialog {...place} />;
  }
}
