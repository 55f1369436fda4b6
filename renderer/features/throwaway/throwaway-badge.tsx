import { IconBolt } from '@tabler/icons-react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { formatDuration } from '../../ui/format.ts';
import { useNow } from '../../ui/use-now.ts';
import './throwaway-badge.css';

/** Marks a throwaway, with the time it has left when it has only so much. */
export function ThrowawayBadge({
  machine: { expiresAt, template },
  isShort = false,
}: {
  machine: MachineSummary;
  /** Where there is little room the time says enough. */
  isShort?: boolean;
}) {
  return (
    <span
      className="throwaway-badge"
      title={`It vanishes when it is off${template === null ? '' : `; made from ${template}`}`}
      data-testid="throwaway-badge"
    >
      <IconBolt size={12} aria-hidden />
      {isShort && expiresAt !== undefined ? null : 'Throwaway'}
      {expiresAt === undefined ? null : <TimeLeft until={expiresAt} />}
    </span>
  );
}

function TimeLeft({ until }: { until: string }) {
  const now = useNow(1000);
  const seconds = Math.max(0, (Date.parse(until) - now) / 1000);
  // Whole minutes are enough until the last few.
  const shown = seconds > 300 ? Math.ceil(seconds / 60) * 60 : seconds;
  return <span className="numeric throwaway-left">{formatDuration(shown)} left</span>;
}
