import { useEffect, useState } from 'react';
import { findDroppedFile } from '../features/create/find-dropped-file.ts';
import { isMachineFile } from '../features/transfer/transfer-files.ts';
import { useApp, useOpenDialog } from './app-context.tsx';
import { showToast } from './show-toast.ts';

/** Takes a file dropped anywhere in the window as the start of a new machine. */
export function DropTarget() {
  const { client } = useApp();
  const openDialog = useOpenDialog();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      void findDroppedFile(client, file).then((path) => {
        if (path === undefined)
          showToast({ title: `Where is ${file.name}?`, message: 'The browser does not tell. Choose the file in the dialog.' });
        if (isMachineFile(file.name)) openDialog(path === undefined ? { kind: 'import' } : { kind: 'import', path });
        else openDialog(path === undefined ? { kind: 'create' } : { kind: 'create', isoPath: path });
      });
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  });
  return isOver ? (
    <div className="drop-veil" aria-hidden>
      Drop to make a machine from it
    </div>
  ) : null;
}
