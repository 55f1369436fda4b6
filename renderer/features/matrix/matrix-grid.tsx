import { Button, Modal } from '@mantine/core';
import { IconReload } from '@tabler/icons-react';
import { useState } from 'react';
import type { MatrixRow } from '../../../contract/throwaway.ts';
import { countRows, type MatrixRun } from '../../state/matrix-store.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { MatrixCell } from './matrix-cell.tsx';

/** What has come of a command, template by template. */
export function MatrixGrid({ run }: { run: MatrixRun }) {
  const { matrixActions } = useApp();
  const [enlarged, setEnlarged] = useState<number | null>(null);
  const shown = run.rows.find(({ index }) => index === enlarged);
  return (
    <section className="matrix-results" aria-label="Results">
      <div className="matrix-results-head">
        <code className="mono truncate" title={run.command}>
          {run.command}
        </code>
        <span role="status" className="matrix-summary numeric" data-testid="matrix-summary">
          {describeRows(run.rows)}
        </span>
        {run.isRunning ? null : (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconReload size={16} aria-hidden />}
            onClick={() => void matrixActions.run(run.command, run.wish)}
          >
            Run again
          </Button>
        )}
      </div>
      {run.error === null ? null : <ErrorNotice error={run.error} />}
      <ul className="matrix-grid">
        {run.rows.map((row) => (
          <MatrixCell key={row.index} row={row} onEnlarge={() => setEnlarged(row.index)} />
        ))}
      </ul>
      <Modal
        opened={shown?.screenshotBase64 != null}
        onClose={() => setEnlarged(null)}
        title={`The screen of ${shown?.template ?? ''} when the command ended`}
        size="auto"
      >
        {shown?.screenshotBase64 == null ? null : (
          <img
            className="matrix-enlarged"
            src={`data:image/png;base64,${shown.screenshotBase64}`}
            alt={`Last screen of ${shown.template}`}
          />
        )}
      </Modal>
    </section>
  );
}

function describeRows(rows: readonly MatrixRow[]): string {
  const { good, bad, failed, cancelled, open } = countRows(rows);
  const parts = [
    [good, 'succeeded'],
    [bad, 'did not succeed'],
    [failed, 'could not be run'],
    [cancelled, 'cancelled'],
    [open, 'to come'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  return `${formatCount(rows.length, 'template')}: ${told.join(', ')}`;
}
