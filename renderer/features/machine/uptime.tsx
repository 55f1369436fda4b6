import { useEffect, useState } from 'react';
import { formatDuration } from '../../ui/format.ts';

/** How long a machine has been running, counting on. */
export function Uptime({ since }: { since: string }) {
  const [now, setNow] = useState(() => Date.now());
  const seconds = Math.max(0, (now - Date.parse(since)) / 1000);
  const isYoung = seconds < 3600;
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), isYoung ? 1000 : 30_000);
    return () => clearInterval(timer);
  }, [isYoung]);
  return <span className="numeric">up {formatDuration(seconds)}</span>;
}
