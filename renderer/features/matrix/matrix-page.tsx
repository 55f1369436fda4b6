import { useMemo } from 'react';
import { useStore } from 'zustand';
import { useApp, useTemplates } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { MatrixForm } from './matrix-form.tsx';
import { MatrixGrid } from './matrix-grid.tsx';
import './matrix-page.css';

/** One command over several templates at once, each in a throwaway machine of its own. */
export function MatrixPage() {
  const { stores } = useApp();
  const templates = useTemplates((state) => state.templates);
  const error = useTemplates((state) => state.error);
  const run = useStore(stores.matrix, (state) => state.run);
  const known = useMemo(() => new Set(templates?.map(({ name }) => name)), [templates]);
  return (
    <article className="matrix-page" aria-label="Run a command">
      <header className="matrix-top">
        <h1>Run a command</h1>
        <p>Each template gives a machine of its own, which runs the command and is thrown away.</p>
      </header>
      {error === null ? null : <ErrorNotice error={error} />}
      {templates === null ? null : templates.length === 0 ? (
        <p className="matrix-none">
          There is no template yet. <a href="#/templates">What a template is, and how to make one.</a>
        </p>
      ) : (
        <MatrixForm templates={templates} known={known} />
      )}
      {run === null ? null : <MatrixGrid run={run} />}
    </article>
  );
}
