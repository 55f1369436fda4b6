import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { MachineInfo, MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { type ConsoleView, getConsoleRegistry } from './console-registry.ts';
import './console-tab.css';
import { ScreenToolbar } from './screen-toolbar.tsx';
import { ScreenView } from './screen-view.tsx';
import { SerialToolbar } from './serial-toolbar.tsx';
import { SerialView } from './serial-view.tsx';
import { useFullScreen } from './use-full-screen.ts';

const scaledKey = 'bothy.screen-scaled';

/** A machine's screen and serial line. */
export function ConsoleTab({ machine, info }: { machine: MachineSummary; info: MachineInfo | null }) {
  const { client, stores } = useApp();
  const registry = getConsoleRegistry(client, stores.machines);
  const [view, setView] = useState<ConsoleView>(() => registry.views.get(machine.id) ?? 'screen');
  const [isScaled, setScaled] = useState(() => localStorage.getItem(scaledKey) !== 'no');
  const { id } = machine;
  const one = useMemo(() => (view === 'screen' ? registry.getScreen(id) : registry.getSerial(id)), [registry, id, view]);
  const isCaptured = useStore(one.capture, (state) => state.isCaptured);

  const show = (next: ConsoleView) => {
    registry.views.set(id, next);
    setView(next);
  };
  const changeScaled = (next: boolean) => {
    localStorage.setItem(scaledKey, next ? 'yes' : 'no');
    setScaled(next);
  };
  const { isFull, toggleFullScreen } = useFullScreen();

  return (
    <section className="console" aria-label="Console" data-captured={isCaptured} data-full={isFull}>
      <div className="console-bar" role="toolbar" aria-label="Console tools">
        <SegmentedControl
          size="xs"
          aria-label="View"
          data={[
            { value: 'screen', label: 'Screen' },
            { value: 'serial', label: 'Serial' },
          ]}
          value={view}
          onChange={(next) => show(next === 'serial' ? 'serial' : 'screen')}
        />
        <span className="console-capture truncate" aria-live="polite">
          {isCaptured ? (
            <>
              <span className="console-captured">Typing goes to the machine.</span> Ctrl+Alt lets go
            </>
          ) : view === 'screen' ? (
            'Click the screen to type into it'
          ) : (
            'Click the terminal to type into it'
          )}
        </span>
        {view === 'screen' ? (
          <ScreenToolbar machine={machine} isScaled={isScaled} onScale={changeScaled} onFullScreen={toggleFullScreen} />
        ) : (
          <SerialToolbar serial={registry.getSerial(id)} onFullScreen={toggleFullScreen} />
        )}
      </div>
      {view === 'screen' ? (
        <ScreenView key="screen" screen={registry.getScreen(id)} machine={machine} info={info} isScaled={isScaled} />
      ) : (
        <SerialView key="serial" serial={registry.getSerial(id)} machine={machine} />
      )}
    </section>
  );
}
