import { TaskBar } from '../features/task/task-bar.tsx';
import { useHost } from './app-context.tsx';
import { formatBytes, formatMemory } from './format.ts';

/** The bottom of the window: tasks under way, and the host in a few words. */
export function Foot() {
  const facts = useHost((state) => state.facts);
  return (
    <footer className="foot">
      <TaskBar />
      <div className="foot-status numeric">
        {facts === null ? null : (
          <>
            <span>
              {facts.cpus} CPUs, {formatMemory(facts.totalMemoryMiB)} memory
            </span>
            <span>{formatBytes(facts.freeBytes)} free for disks</span>
            <span className="bar-gap" />
            <span className="hide-narrow">Bothy {facts.version}</span>
          </>
        )}
      </div>
    </footer>
  );
}
