import { lazy, Suspense, useCallback } from 'react';
import type { MachineSummary } from '../../contract/machine.ts';
import { CloneDialog } from '../features/machine/clone-dialog.tsx';
import { CutPowerDialog } from '../features/machine/cut-power-dialog.tsx';
import { DeleteDialog } from '../features/machine/delete-dialog.tsx';
import { DetachDialog } from '../features/machine/detach-dialog.tsx';
import { DiscardMemoryDialog } from '../features/machine/discard-memory-dialog.tsx';
import { ForkDialog } from '../features/throwaway/fork-dialog.tsx';
import { KeepDialog } from '../features/throwaway/keep-dialog.tsx';
import { ThrowAwayDialog } from '../features/throwaway/throw-away-dialog.tsx';
import type { DialogRequest } from '../state/window-store.ts';
import { useApp, useMachines, useWindow } from './app-context.tsx';
import { useFocusReturn } from './use-focus-return.ts';

const CreateDialog = lazy(() =>
  import('../features/create/create-dialog.tsx').then((module) => ({ default: module.CreateDialog })),
);

const ImportDialog = lazy(() =>
  import('../features/transfer/import-dialog.tsx').then((module) => ({ default: module.ImportDialog })),
);
const ExportDialog = lazy(() =>
  import('../features/transfer/export-dialog.tsx').then((module) => ({ default: module.ExportDialog })),
);

const MakeTemplateDialog = lazy(() =>
  import('../features/template/make-template-dialog.tsx').then((module) => ({ default: module.MakeTemplateDialog })),
);
const FirstTemplateDialog = lazy(() =>
  import('../features/template/first-template-dialog.tsx').then((module) => ({ default: module.FirstTemplateDialog })),
);
const TemplateDialogs = lazy(() =>
  import('../features/template/template-dialogs.tsx').then((module) => ({ default: module.TemplateDialogs })),
);

const TakeSnapshotDialog = lazy(() =>
  import('../features/snapshot/take-snapshot-dialog.tsx').then((module) => ({ default: module.TakeSnapshotDialog })),
);
const SnapshotDialogs = lazy(() =>
  import('../features/snapshot/snapshot-dialogs.tsx').then((module) => ({ default: module.SnapshotDialogs })),
);

const ImageDialogs = lazy(() =>
  import('../features/image/image-dialogs.tsx').then((module) => ({ default: module.ImageDialogs })),
);

/** The dialog that was asked for, if any. */
export function Dialogs() {
  const { stores } = useApp();
  const dialog = useWindow((state) => state.dialog);
  const machine = useMachines((state) => (dialog !== null && 'id' in dialog ? state.byId.get(dialog.id) : undefined));
  useFocusReturn(dialog !== null);
  // One that went on in the background ends without closing the next one.
  const close = useCallback(
    () => stores.window.setState((state) => (state.dialog === dialog ? { dialog: null } : {})),
    [stores, dialog],
  );
  if (dialog?.kind === 'create')
    return (
      <Suspense fallback={null}>
        <CreateDialog isoPath={dialog.isoPath} template={dialog.template} onClose={close} />
      </Suspense>
    );
  if (dialog?.kind === 'import')
    return (
      <Suspense fallback={null}>
        <ImportDialog path={dialog.path} onClose={close} />
      </Suspense>
    );
  if (dialog?.kind === 'first-template')
    return (
      <Suspense fallback={null}>
        <FirstTemplateDialog onClose={close} />
      </Suspense>
    );
  if (dialog !== null && 'template' in dialog)
    return (
      <Suspense fallback={null}>
        <TemplateDialogs key={dialog.template} kind={dialog.kind} id={dialog.template} onClose={close} />
      </Suspense>
    );
  if (dialog !== null && !('id' in dialog))
    return (
      <Suspense fallback={null}>
        <ImageDialogs dialog={dialog} onClose={close} />
      </Suspense>
    );
  if (dialog === null || machine === undefined) return null;
  return <Suspense fallback={null}>{renderDialog(dialog, machine, close)}</Suspense>;
}

function renderDialog(dialog: Extract<DialogRequest, { id: string }>, machine: MachineSummary, onClose: () => void) {
  const place = { machine, onClose };
  switch (dialog.kind) {
    case 'delete':
      return <DeleteDialog key={machine.id} {...place} />;
    case 'reset':
      return <CutPowerDialog {...place} verb="reset" />;
    case 'force-off':
      return machine.state === 'suspended' ? <DiscardMemoryDialog {...place} /> : <CutPowerDialog {...place} verb="kill" />;
    case 'detach':
      return <DetachDialog {...place} />;
    case 'clone':
      return <CloneDialog {...place} snapshot={dialog.snapshot} />;
    case 'export':
      return <ExportDialog {...place} snapshot={dialog.snapshot} />;
    case 'take-snapshot':
      return <TakeSnapshotDialog {...place} />;
    case 'make-template':
      return <MakeTemplateDialog key={machine.id} {...place} />;
    case 'fork':
      return <ForkDialog key={machine.id} {...place} />;
    case 'keep':
      return <KeepDialog key={machine.id} {...place} />;
    case 'throw-away':
      return <ThrowAwayDialog key={machine.id} {...place} />;
    case 'restore':
    case 'edit-snapshot':
    case 'delete-snapshot':
      return <SnapshotDialogs {...place} kind={dialog.kind} snapshot={dialog.snapshot} />;
  }
}
