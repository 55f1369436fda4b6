import { lazy, Suspense } from 'react';
import { CutPowerDialog } from '../features/machine/cut-power-dialog.tsx';
import { DeleteDialog } from '../features/machine/delete-dialog.tsx';
import { useApp, useMachines, useWindow } from './app-context.tsx';

const CreateDialog = lazy(() =>
  import('../features/create/create-dialog.tsx').then((module) => ({ default: module.CreateDialog })),
);

/** The dialog that was asked for, if any. */
export function Dialogs() {
  const { stores } = useApp();
  const dialog = useWindow((state) => state.dialog);
  const machine = useMachines((state) => (dialog === null || dialog.kind === 'create' ? undefined : state.byId.get(dialog.id)));
  const close = () => stores.window.setState({ dialog: null });
  if (dialog?.kind === 'create')
    return (
      <Suspense fallback={null}>
        <CreateDialog isoPath={dialog.isoPath} onClose={close} />
      </Suspense>
    );
  if (dialog === null || machine === undefined) return null;
  if (dialog.kind === 'delete') return <DeleteDialog key={machine.id} machine={machine} onClose={close} />;
  return <CutPowerDialog machine={machine} verb={dialog.kind === 'reset' ? 'reset' : 'kill'} onClose={close} />;
}
