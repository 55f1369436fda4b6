import { Button, Loader, Menu } from '@mantine/core';
import { IconBolt, IconChevronDown, IconPlus, IconTerminal } from '@tabler/icons-react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { TemplateInfo } from '../../../contract/template.ts';
import { useMachines, useOpenDialog, useTemplates } from '../../ui/app-context.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useNow } from '../../ui/use-now.ts';
import { HowTemplatesWork } from './how-templates-work.tsx';
import { TemplateCard } from './template-card.tsx';
import './template-page.css';

/** Every template: what throwaways are made from. The chosen one is brought into view. */
export function TemplatePage({ chosen }: { chosen: string | null }) {
  const templates = useTemplates((state) => state.templates);
  const error = useTemplates((state) => state.error);
  const now = useNow(30_000);
  const isEmpty = templates?.length === 0;
  return (
    <article className="template-page" aria-label="Templates">
      <header className="template-top">
        <div className="template-top-text">
          <h1>Templates</h1>
          <p className="numeric" data-testid="template-summary">
            {templates === null ? 'Looking' : isEmpty ? 'What throwaway machines are made from.' : describeAll(templates)}
          </p>
        </div>
        {isEmpty ? null : (
          <div className="template-top-buttons">
            <Button
              size="xs"
              variant="default"
              component="a"
              href="#/matrix"
              leftSection={<IconTerminal size={16} aria-hidden />}
            >
              Run a command
            </Button>
            <MakeTemplateMenu />
          </div>
        )}
      </header>
      {error === null ? null : (
        <div className="page-error">
          <ErrorNotice error={error} />
        </div>
      )}
      {templates === null && error === null ? (
        <div className="page-loader" role="status" aria-label="Loading">
          <Loader size="sm" type="dots" />
        </div>
      ) : null}
      {isEmpty ? <NoTemplates /> : null}
      {templates === null || isEmpty ? null : (
        <ul className="template-grid">
          {templates.map((template) => (
            <TemplateCard key={template.id} template={template} now={now} isChosen={template.id === chosen} />
          ))}
        </ul>
      )}
    </article>
  );
}

function describeAll(templates: readonly TemplateInfo[]): string {
  const bytes = templates.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const warm = templates.filter(({ warmth }) => warmth === 'warm').length;
  const count = warm === 0 ? 'none warm' : warm < templates.length ? `${warm} warm` : warm === 1 ? 'warm' : 'all warm';
  return `${formatCount(templates.length, 'template')}, ${count}, ${formatBytes(bytes)} on this host.`;
}

/** The machines a template can be made of, those that run first. */
function useMakeable(): readonly MachineSummary[] {
  const machines = useMachines((state) => state.sorted);
  const fit = machines.filter(({ state }) => state !== 'broken' && state !== 'starting');
  return [...fit.filter(({ state }) => state === 'running'), ...fit.filter(({ state }) => state !== 'running')];
}

function MakeTemplateMenu() {
  const openDialog = useOpenDialog();
  const machines = useMakeable();
  if (machines.length === 0) return null;
  return (
    <Menu position="bottom-end" width={232}>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          Make a template
        </Button>
      </Menu.Target>
      <Menu.Dropdown className="template-machines" aria-label="Make a template of">
        {machines.map(({ id, name }) => (
          <Menu.Item key={id} onClick={() => openDialog({ kind: 'make-template', id })}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function NoTemplates() {
  const openDialog = useOpenDialog();
  const machines = useMakeable();
  return (
    <section className="template-none" aria-label="No templates yet">
      <span className="template-none-mark" aria-hidden>
        <IconBolt size={32} stroke={1.5} />
      </span>
      <h2>A machine for a moment</h2>
      <p>
        Try an update, open a strange file, run a test: in a whole machine that is there at once, and gone with everything in it
        when you close it.
      </p>
      <HowTemplatesWork />
      {machines.length === 0 ? (
        <Button size="md" leftSection={<IconPlus size={18} aria-hidden />} onClick={() => openDialog({ kind: 'create' })}>
          New machine
        </Button>
      ) : (
        <Button size="md" onClick={() => openDialog({ kind: 'first-template' })}>
          Make a template…
        </Button>
      )}
    </section>
  );
}
