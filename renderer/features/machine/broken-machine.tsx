import { Button, Group } from '@mantine/core';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useOpenDialog } from '../../ui/app-context.tsx';
import { CopyAction } from '../../ui/copy-action.tsx';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import type { MachineDetail } from './use-machine-info.ts';

/** A machine that cannot be read: why, where it is, and what can be done. */
export function BrokenMachine({ machine, detail: { info, error, refresh } }: { machine: MachineSummary; detail: MachineDetail }) {
  const openDialog = useOpenDialog();
  return (
    <div className="page-column">
      {error === null ? null : <ErrorNotice error={error} />}
      {info === null || info.problems.length > 0 ? null : (
        <Notice tone="bad" title={`${machine.name} cannot be read.`} hint="Look at the files in its folder." />
      )}
      {info?.problems.map((problem) => (
        <Notice key={problem.message} tone="bad" title={problem.message} hint={problem.hint} />
      ))}
      {info === null ? null : (
        <section className="card" aria-label="Folder">
          <h2 className="card-title">Its folder</h2>
          <div className="fact-path">
            <code className="mono">{info.folder}</code>
            <CopyAction value={info.folder} label="Copy the path" />
          </div>
          <p className="card-text">
            Nothing in it was changed. Mend or restore its <code className="mono">machine.json</code>, then look again. Disks in
            this folder can be used for a new machine.
          </p>
        </section>
      )}
      <Group gap="xs">
        <Button variant="default" onClick={() => refresh()}>
          Look again
        </Button>
        <Button variant="subtle" color="red" onClick={() => openDialog({ kind: 'delete', id: machine.id })}>
          Delete…
        </Button>
      </Group>
    </div>
  );
}
