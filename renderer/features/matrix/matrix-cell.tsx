import {
  type Icon,
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClock,
} from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { MatrixRow } from '../../../contract/throwaway.ts';
import { CopyAction } from '../../ui/copy-action.tsx';
import { formatDuration } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { useNow } from '../../ui/use-now.ts';

type Look = { readonly tone: 'good' | 'bad' | 'warn' | 'busy' | 'calm'; readonly word: string; readonly icon: Icon };

/** One template's part of a matrix: how it stands, what was printed, and the last screen. */
export function MatrixCell({ row, onEnlarge }: { row: MatrixRow; onEnlarge: () => void }) {
  const { template, exitCode, seconds, stdout, stderr, isCut, notice, error, screenshotBase64 } = row;
  const { tone, word, icon: StateIcon } = getLook(row);
  return (
    <li className="matrix-cell" data-tone={tone} data-testid="matrix-cell" aria-label={`${template}: ${word}`}>
      <div className="matrix-cell-head">
        <StateIcon size={18} stroke={1.75} aria-hidden className="matrix-cell-icon" />
        <h2 className="truncate" title={template}>
          {template}
        </h2>
        <span className="matrix-cell-facts numeric">
          {word}
          {exitCode === null ? '' : ` · exit ${exitCode}`}
          {row.state === 'running' ? <Elapsed /> : seconds === null ? '' : ` · ${formatSeconds(seconds)}`}
        </span>
        {stdout === '' ? null : <CopyAction value={stdout} label={`Copy the output of ${template}`} />}
      </div>
      {notice === null ? null : <p className="matrix-cell-notice">{notice}</p>}
      {error === null ? null : <Notice tone="bad" title={error.message} hint={error.hint} />}
      <div className="matrix-cell-body">
        <div className="matrix-cell-output">
          {stdout === '' ? null : <Output text={stdout} label={`Output of ${template}`} />}
          {stderr === '' ? null : <Output text={stderr} label={`Errors of ${template}`} isError />}
          {stdout === '' && stderr === '' && row.state === 'done' ? (
            <p className="matrix-cell-quiet">It printed nothing.</p>
          ) : null}
          {isCut ? <p className="matrix-cell-quiet">Only the last 64 KiB are shown.</p> : null}
        </div>
        {screenshotBase64 === null ? null : (
          <button
            type="button"
            className="matrix-cell-screen"
            aria-label={`Enlarge the last screen of ${template}`}
            onClick={onEnlarge}
          >
            <img src={`data:image/png;base64,${screenshotBase64}`} alt="" />
          </button>
        )}
      </div>
    </li>
  );
}

/** How long a command has been running, counting on. */
function Elapsed() {
  const now = useNow(1000);
  const [since] = useState(now);
  return ` · ${formatDuration((now - since) / 1000)}`;
}

/** What was printed, which stays at its end while more comes, unless somebody scrolled up. */
function Output({ text, label, isError = false }: { text: string; label: string; isError?: boolean }) {
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new text is what makes it scroll
  useEffect(() => {
    if (isAtEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <figure className="matrix-output-place">
      <figcaption className="only-for-readers">{label}</figcaption>
      <pre
        ref={box}
        className="matrix-output mono"
        data-error={isError}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 4;
        }}
      >
        {text}
      </pre>
    </figure>
  );
}

function getLook({ state, exitCode }: MatrixRow): Look {
  switch (state) {
    case 'waiting':
      return { tone: 'calm', word: 'Waiting', icon: IconClock };
    case 'starting':
      return { tone: 'busy', word: 'Starting', icon: IconCircleDashed };
    case 'running':
      return { tone: 'busy', word: 'Running', icon: IconCircleDashed };
    case 'cancelled':
      return { tone: 'calm', word: 'Cancelled', icon: IconBan };
    case 'failed':
      return { tone: 'bad', word: 'Not run', icon: IconAlertTriangle };
    case 'done':
      if (exitCode === 0) return { tone: 'good', word: 'Succeeded', icon: IconCircleCheck };
      if (exitCode === 124) return { tone: 'warn', word: 'Out of time', icon: IconClock };
      return { tone: 'bad', word: 'Failed', icon: IconCircleX };
  }
}

function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}
