import { Button } from '@mantine/core';
import type { MachineDefinition, MachineSummary, Problem } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { TaskProgress } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';

/** Why no snapshot can be taken now. Raw disks are the one reason that can be mended here: they are converted. */
export function ProblemNotice({
  machine,
  definition,
  problem,
}: {
  machine: MachineSummary;
  definition: MachineDefinition | null;
  problem: Problem;
}) {
  const { client } = useApp();
  const action = useTaskAction(machine.id);
  const raw = definition?.disks.filter(({ format }) => format === 'raw') ?? [];
  if (raw.length === 0) return <Notice tone="warn" title={problem.message} hint={problem.hint} />;
  const isOff = machine.state === 'off' || machine.state === 'crashed';
  const convert = () =>
    action.run(async () => {
      for (const { id } of raw) await client.call.image.convert({ image: `${machine.id}:${id}`, format: 'qcow2' });
    });
  return (
    <>
      <Notice
        tone="warn"
        title={problem.message}
        hint={
          isOff
            ? 'As qcow2 it can. It is copied, which takes a while and its space once more until that is done; the guest sees no difference.'
            : 'As qcow2 it can. Shut the machine down to convert it.'
        }
      >
        {action.isBusy ? (
          <div className="problem-progress">
            <TaskProgress action={action} />
            <Button size="compact-xs" variant="default" onClick={action.cancel} disabled={action.isCancelling}>
              Cancel
            </Button>
          </div>
        ) : (
          <Button size="compact-sm" variant="default" mt={8} disabled={!isOff} onClick={() => void convert()}>
            Convert to qcow2
          </Button>
        )}
      </Notice>
      {action.error === null ? null : <ErrorNotice error={action.error} />}
    </>
  );
}
