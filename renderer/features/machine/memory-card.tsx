import type { MemoryStats } from '../../../contract/throwaway.ts';
import { formatBytes } from '../../ui/format.ts';
import { Fact } from './fact.tsx';
import './memory-card.css';
import { useMachineStats } from './use-machine-stats.ts';

/** What a machine that is on takes of this host's memory, as the kernel counts it; nothing until that is known. */
export function MemoryCard({ id }: { id: string }) {
  const stats = useMachineStats([id]).get(id);
  if (stats === undefined || stats.memory === null) return null;
  const { memory, host, moreWouldFit } = stats;
  return (
    <section className="card" aria-label="Memory">
      <h2 className="card-title">Memory</h2>
      <MemoryBar memory={memory} />
      <dl className="facts numeric">
        <Fact name="Private">
          {formatBytes(memory.privateBytes)}
          <span className="memory-soft">, which ending it gives back</span>
        </Fact>
        <Fact name="Shared">
          {formatBytes(memory.sharedBytes)}
          <span className="memory-soft">, with other machines and programs</span>
        </Fact>
        <Fact name="Its part">
          {formatBytes(memory.pssBytes)}
          <span className="memory-soft">, when what is shared is divided (PSS)</span>
        </Fact>
        <Fact name="Given">
          {formatBytes(memory.guestBytes)}
          <span className="memory-soft">, what the guest believes it has</span>
        </Fact>
        <Fact name="Host">
          {formatBytes(host.availableBytes)} of {formatBytes(host.totalBytes)} available
          {moreWouldFit === null ? '' : `; about ${moreWouldFit} more like it would fit`}
        </Fact>
      </dl>
    </section>
  );
}

function MemoryBar({ memory: { privateBytes, sharedBytes, guestBytes } }: { memory: MemoryStats }) {
  const whole = Math.max(guestBytes, privateBytes + sharedBytes, 1);
  return (
    <div className="memory-bar" aria-hidden>
      <span data-part="private" style={{ width: `${(privateBytes / whole) * 100}%` }} />
      <span data-part="shared" style={{ width: `${(sharedBytes / whole) * 100}%` }} />
    </div>
  );
}
