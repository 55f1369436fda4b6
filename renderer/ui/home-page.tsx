import { Button } from '@mantine/core';
import { IconBolt, IconDisc, IconPlus, IconTerminal2 } from '@tabler/icons-react';
import { useMachines, useOpenDialog } from './app-context.tsx';
import './home-page.css';
import { Hut } from './hut.tsx';

/** What is there when no machine is chosen: an invitation. */
export function HomePage() {
  const openDialog = useOpenDialog();
  const isEmpty = useMachines((state) => state.sorted.length === 0);
  const isLoaded = useMachines((state) => state.isLoaded);
  if (!isLoaded) return null;
  return (
    <div className="home">
      <Hut />
      <h1>{isEmpty ? 'Come in, nothing is locked' : 'Choose a machine'}</h1>
      <p>
        {isEmpty
          ? 'Bothy runs virtual machines on this computer: as easy as a browser tab, and as disposable.'
          : 'Pick one on the left, or press Ctrl+K to find a machine or an action by name.'}
      </p>
      <Button size="md" leftSection={<IconPlus size={18} aria-hidden />} onClick={() => openDialog({ kind: 'create' })}>
        New machine
      </Button>
      <ul className="home-hints">
        <li>
          <IconDisc size={18} stroke={1.5} aria-hidden />
          Drop an ISO, a disk image or an exported machine anywhere in this window.
        </li>
        <li>
          <IconBolt size={18} stroke={1.5} aria-hidden />
          <span>
            Make a <a href="#/templates">template</a> of a machine: Throwaway starts another one at once, for a moment.
          </span>
        </li>
        <li>
          <IconTerminal2 size={18} stroke={1.5} aria-hidden />
          <span>
            Or in a terminal: <code className="mono">bothy create my-vm --from debian.iso --start</code>
          </span>
        </li>
      </ul>
    </div>
  );
}
