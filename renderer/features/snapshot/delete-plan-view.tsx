import { IconArrowMerge, IconLock, IconTrash } from '@tabler/icons-react';
import type { DeletePlan } from '../../../contract/snapshot.ts';
import { formatBytes } from '../../ui/format.ts';
import './delete-plan-view.css';

/** What a deletion does to files: which go, which are merged, which stay and for whom, and what it frees. */
export function DeletePlanView({ plan: { removed, merged, kept, freedBytes } }: { plan: DeletePlan }) {
  const icon = { size: 15, stroke: 1.75, 'aria-hidden': true } as const;
  return (
    <section className="plan" aria-label="What happens to the files" data-testid="delete-plan">
      <p className="plan-freed">
        {freedBytes === 0 ? 'Frees nothing for now.' : `Frees ${formatBytes(freedBytes)}.`}
        {merged.length > 0 ? ' Merging takes a while; the machine can run meanwhile.' : ''}
      </p>
      <ul>
        {removed.map(({ file, bytes }) => (
          <li key={file} data-fate="removed">
            <IconTrash {...icon} />
            <span className="plan-file">
              <code className="mono">{file}</code> goes
            </span>
            <span className="numeric">{formatBytes(bytes)}</span>
          </li>
        ))}
        {merged.map(({ file, into, bytes }) => (
          <li key={file} data-fate="merged">
            <IconArrowMerge {...icon} />
            <span className="plan-file">
              <code className="mono">{file}</code> is merged into <code className="mono">{into}</code>
            </span>
            <span className="numeric">{formatBytes(bytes)}</span>
          </li>
        ))}
        {kept.map(({ file, bytes, neededBy }) => (
          <li key={file} data-fate="kept">
            <IconLock {...icon} />
            <span className="plan-file">
              <code className="mono">{file}</code> stays, needed by {neededBy}
            </span>
            <span className="numeric">{formatBytes(bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
