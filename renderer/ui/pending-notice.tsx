import type { PendingChange } from '../../contract/machine.ts';
import { Notice } from './notice.tsx';

/** The settings that a running machine takes over at its next start; nothing when there are none. */
export function PendingNotice({ title, pending }: { title: string; pending: readonly PendingChange[] }) {
  if (pending.length === 0) return null;
  return (
    <Notice tone="info" title={title}>
      <ul className="pending-list">
        {pending.map(({ setting, now, next }) => (
          <li key={setting}>
            {setting}: {now} → {next}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
