import { Button, useComputedColorScheme } from '@mantine/core';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useRunVerb } from '../machine/verbs.tsx';
import { ConsoleOverlay } from './console-overlay.tsx';
import type { SerialConsole } from './serial-console.ts';

/** Shows a serial line: puts its terminal in place and keeps it fitting. */
export function SerialView({ serial, machine }: { serial: SerialConsole; machine: MachineSummary }) {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const status = useStore(serial.status);
  const runVerb = useRunVerb();
  useEffect(() => {
    const { current } = place;
    if (current === null) return;
    current.replaceChildren(serial.element);
    const observer = new ResizeObserver(() => serial.fit());
    observer.observe(current);
    serial.fit();
    return () => {
      observer.disconnect();
      serial.element.remove();
    };
  }, [serial]);
  useEffect(() => serial.setScheme(scheme), [serial, scheme]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
    event.preventDefault();
    serial.focus();
  };
  const isOff = machine.state === 'off' || machine.state === 'crashed';
  return (
    <>
      {isOff ? (
        <div className="console-note" role="status">
          The machine is {machine.state === 'off' ? 'off' : 'crashed'}; this is what its line printed last.
          <Button size="compact-xs" variant="default" onClick={() => runVerb('start', machine)}>
            Start
          </Button>
        </div>
      ) : null}
      <section
        className="console-frame"
        data-kind="serial"
        data-console-frame
        data-testid="serial"
        data-phase={status.phase}
        aria-label={`Serial line of ${machine.name}; Enter types into it`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: Enter here hands the keyboard to the machine
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div ref={place} className="console-place" />
        {status.phase === 'lost' ? (
          <ConsoleOverlay
            overlay={{
              tone: 'bad',
              title: 'The connection to the serial line is lost.',
              hint: status.reason === '' ? 'The machine goes on as it is.' : status.reason,
              verb: 'retry',
              retryAt: status.retryAt,
            }}
            machine={machine}
            onRetry={() => serial.retryNow()}
          />
        ) : null}
      </section>
    </>
  );
}
