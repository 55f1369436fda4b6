import { Button, Group, Loader } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useWindow } from '../../ui/app-context.tsx';
import { getVerbLook, useRunVerb } from '../machine/verbs.tsx';
import type { Overlay } from './describe-overlay.ts';

/** Words over the picture: never a dark rectangle without a reason. */
export function ConsoleOverlay({
  overlay,
  machine,
  onRetry,
}: {
  overlay: Overlay;
  machine: MachineSummary;
  onRetry: () => void;
}) {
  const runVerb = useRunVerb();
  const isBusy = useWindow((state) => state.busy.has(machine.id));
  const { verb } = overlay;
  return (
    <div className="console-overlay" data-tone={overlay.tone} role="status" data-testid="console-overlay">
      <div className="console-overlay-card">
        {overlay.tone === 'busy' ? <Loader size="sm" /> : null}
        {overlay.tone === 'bad' ? <IconAlertTriangle size={24} stroke={1.5} aria-hidden color="var(--bad)" /> : null}
        <strong>{overlay.title}</strong>
        {overlay.hint === undefined ? null : <span className="console-overlay-hint">{overlay.hint}</span>}
        {overlay.retryAt === undefined ? null : <Countdown until={overlay.retryAt} />}
        {verb === undefined ? null : (
          <Group gap="xs" mt={8}>
            {verb === 'retry' ? (
              <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={onRetry}>
                Try now
              </Button>
            ) : (
              <Button disabled={isBusy} onClick={() => runVerb(verb, machine)}>
                {getVerbLook(verb, machine).label}
              </Button>
            )}
          </Group>
        )}
      </div>
    </div>
  );
}

function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return <span className="console-overlay-hint numeric">Trying again {seconds === 0 ? 'now' : `in ${seconds} s`}.</span>;
}
