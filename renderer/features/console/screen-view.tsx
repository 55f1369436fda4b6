import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { MachineInfo, MachineSummary } from '../../../contract/machine.ts';
import { useWindow } from '../../ui/app-context.tsx';
import { ConsoleOverlay } from './console-overlay.tsx';
import { describeOverlay } from './describe-overlay.ts';
import type { ScreenConsole } from './screen-console.ts';

/** Shows a screen: puts its element in place, and words over it when there is nothing new to see. */
export function ScreenView({
  screen,
  machine,
  info,
  isScaled,
}: {
  screen: ScreenConsole;
  machine: MachineSummary;
  info: MachineInfo | null;
  isScaled: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  const status = useStore(screen.status);
  const busy = useWindow((state) => state.busy.get(machine.id));
  const overlay = describeOverlay(machine.state, status, { busy, problems: info?.problems });
  useEffect(() => {
    place.current?.replaceChildren(screen.element);
    return () => screen.element.remove();
  }, [screen]);
  useEffect(() => screen.setScaled(isScaled), [screen, isScaled]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
    event.preventDefault();
    screen.focus();
  };
  return (
    <section
      className="console-frame"
      data-console-frame
      data-testid="screen"
      data-phase={status.phase}
      data-scaled={isScaled}
      aria-label={`Screen of ${machine.name}; Enter types into it`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: Enter here hands the keyboard to the machine
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div ref={place} className="console-place" />
      {overlay === null ? null : <ConsoleOverlay overlay={overlay} machine={machine} onRetry={() => screen.retryNow()} />}
    </section>
  );
}
