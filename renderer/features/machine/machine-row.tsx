import { memo } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { AcceleratorBadge, StateMark, stateWord } from '../../ui/state-mark.tsx';
import { ThrowawayBadge } from '../throwaway/throwaway-badge.tsx';

/** One machine of the list: an option of its listbox. */
export const MachineRow = memo(function MachineRow({
  machine,
  busy,
  isChosen,
  top,
  position,
  count,
}: {
  machine: MachineSummary;
  busy: string | undefined;
  isChosen: boolean;
  top: number;
  position: number;
  count: number;
}) {
  return (
    <div
      role="option"
      id={`machine-${machine.id}`}
      data-id={machine.id}
      data-testid="machine-row"
      aria-selected={isChosen}
      aria-posinset={position}
      aria-setsize={count}
      aria-label={`${machine.name}, ${busy ?? stateWord(machine.state)}${machine.throwaway ? ', throwaway' : ''}`}
      tabIndex={-1}
      className="machine-row"
      data-throwaway={machine.throwaway}
      style={{ transform: `translateY(${top}px)` }}
    >
      <StateMark state={busy === undefined ? machine.state : 'starting'} size={24} />
      <div className="machine-row-text">
        <div className="machine-row-name truncate">{machine.name}</div>
        <div className="machine-row-facts">
          <span className="machine-row-state" data-state={machine.state}>
            {busy === undefined ? stateWord(machine.state) : `${busy}…`}
          </span>
          {machine.throwaway ? (
            <ThrowawayBadge machine={machine} isShort />
          ) : (
            <AcceleratorBadge accelerator={machine.accelerator} />
          )}
          {machine.tags.length > 0 ? <span className="truncate machine-row-tags">{machine.tags.join(' · ')}</span> : null}
        </div>
      </div>
    </div>
  );
});
