import { formatBytes, formatCount } from '../../ui/format.ts';
import { Fact } from '../machine/fact.tsx';
import { useMachineStats } from '../machine/use-machine-stats.ts';

const maxAsked = 12;

/** What the throwaways of a template take of this host's memory together, and how many more would fit. */
export function MemoryInUse({ machines }: { machines: readonly { readonly id: string }[] }) {
  const stats = useMachineStats(machines.slice(0, maxAsked).map(({ id }) => id));
  const on = [...stats.values()].filter(({ memory }) => memory !== null);
  const ownBytes = on.reduce((sum, { memory }) => sum + (memory?.privateBytes ?? 0), 0);
  const more = on.map(({ moreWouldFit }) => moreWouldFit).filter((count) => count !== null);
  if (on.length === 0) return null;
  return (
    <Fact name="Memory">
      <span className="numeric">
        {formatCount(on.length, 'throwaway')} with {formatBytes(ownBytes)} of {on.length === 1 ? 'its' : 'their'} own
        {more.length === 0 ? '' : `; about ${Math.min(...more)} more would fit`}
      </span>
    </Fact>
  );
}
