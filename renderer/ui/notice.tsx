import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { AppErrorData } from '../../contract/app-error.ts';
import './notice.css';

type Tone = 'bad' | 'warn' | 'info';

/** A sentence that matters, with the next step under it. */
export function Notice({
  tone,
  title,
  hint,
  children,
}: {
  tone: Tone;
  title: string;
  hint?: string | undefined;
  children?: ReactNode;
}) {
  const Icon = tone === 'info' ? IconInfoCircle : IconAlertTriangle;
  return (
    <div className="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : 'note'}>
      <Icon size={18} stroke={1.75} aria-hidden className="notice-icon" />
      <div className="notice-body">
        <div className="notice-title">{title}</div>
        {hint === undefined ? null : <div className="notice-hint">{hint}</div>}
        {children}
      </div>
    </div>
  );
}

/** An error of the core where it belongs: what happened, what to do, and the tool's words for the curious. */
export function ErrorNotice({ error, children }: { error: AppErrorData; children?: ReactNode }) {
  return (
    <Notice tone="bad" title={error.message} hint={error.hint}>
      {error.details === undefined ? null : (
        <details className="notice-details">
          <summary>Details</summary>
          <pre className="mono">{error.details}</pre>
        </details>
      )}
      {children}
    </Notice>
  );
}
