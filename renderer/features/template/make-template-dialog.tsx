import { Modal, Radio, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MachineState, MachineSummary } from '../../../contract/machine.ts';
import type { TemplateInfo } from '../../../contract/template.ts';
import { buildHash } from '../../state/route.ts';
import { findNameProblem, suggestName } from '../../state/suggest-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatMemory } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTakenNames } from '../../ui/use-taken-names.ts';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { useMachineInfo } from '../machine/use-machine-info.ts';
import { buildReadyWhen, findReadyProblem, parseReadyWhen } from './ready-when.ts';
import { ReadyWhenField } from './ready-when-field.tsx';

/** Makes a template of a machine: warm or cold, linked or full. */
export function MakeTemplateDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { templateActions } = useApp();
  const { info } = useMachineInfo(machine.id);
  const taken = useTakenNames();
  // What the machine was when it was asked: it may be stopped or started by what is being made.
  const [state] = useState(machine.state);
  const hasMemory = state === 'running' || state === 'paused' || state === 'suspended';
  const [name, setName] = useState(() => suggestName(`${machine.name}-template`, taken));
  const [isWarm, setWarm] = useState(true);
  const [isFull, setFull] = useState(false);
  const [note, setNote] = useState('');
  const [ready, setReady] = useState(() => parseReadyWhen(hasMemory ? null : 'agent'));
  const [isTried, setTried] = useState(false);
  const action = useTaskAction(machine.id);
  const nameProblem = action.isBusy ? null : findNameProblem(name, taken);
  const isWaiting = isWarm && ready.kind !== 'person' && state !== 'paused' && state !== 'suspended';
  const readyProblem = isWarm ? findReadyProblem(ready) : null;

  const make = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (nameProblem !== null || readyProblem !== null) return;
    let made: TemplateInfo | undefined;
    const isDone = await action.run(async () => {
      made = await templateActions.create(machine.id, {
        name,
        note: note.trim(),
        isWarm,
        isFull,
        readyWhen: isWarm ? buildReadyWhen(ready) : null,
        timeoutSeconds: isWaiting ? Number(ready.minutes) * 60 : null,
      });
    });
    if (!isDone || made === undefined) return;
    if (action.isShown()) window.location.hash = buildHash({ page: 'templates', template: made.id });
    showToast({ title: `${name} is a template now`, message: 'Throwaway, at the top, starts a machine of it.' });
    onClose();
  };

  return (
    <Modal opened onClose={onClose} title={`Make a template of ${machine.name}`} size={560}>
      <form className="dialog-column" onSubmit={(event) => void make(event)} noValidate>
        <Text>
          A template is {machine.name} as it is now, frozen. Machines are made from it in a moment, used and thrown away; it never
          changes, and {machine.name} {state === 'running' ? 'goes on' : 'stays as it is'}.
        </Text>
        <TextInput
          label="Name"
          value={name}
          error={nameProblem}
          disabled={action.isBusy}
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            action.clearError();
            setName(event.currentTarget.value);
          }}
        />
        <Radio.Group
          label="Memory"
          value={isWarm ? 'warm' : 'cold'}
          onChange={(value) => setWarm(value === 'warm')}
          className="choice-list"
        >
          <Radio
            value="warm"
            disabled={action.isBusy}
            label="Warm"
            description={`Its machines are there at once, already booted, with the same programs open. ${describeMoment(machine, state)}`}
          />
          {isWarm ? (
            <div className="choice-detail">
              <ReadyWhenField
                label="Frozen when"
                description={describeReadiness(machine.name, state)}
                values={ready}
                kinds={hasMemory ? ['person', 'agent', 'ssh', 'serial'] : ['agent', 'ssh', 'serial']}
                personWords={state === 'running' ? 'Now' : 'As it is'}
                problem={isTried ? readyProblem : null}
                isDisabled={action.isBusy}
                withTimeout={isWaiting}
                onChange={(values) => {
                  action.clearError();
                  setReady(values);
                }}
              />
              {ready.kind === 'agent' && info?.agent === 'not-answering' ? (
                <Text size="sm" c="dimmed" mt={8}>
                  At this moment no guest agent answers in {machine.name}.
                </Text>
              ) : null}
            </div>
          ) : null}
          <Radio
            value="cold"
            disabled={action.isBusy}
            label="Cold"
            description={`Disks only: its machines boot like any other, and fit any version of QEMU.${
              state === 'running' ? ' The disks are kept as after a power cut at this moment.' : ''
            }`}
          />
        </Radio.Group>
        <Radio.Group
          label="Disks"
          value={isFull ? 'full' : 'linked'}
          onChange={(value) => setFull(value === 'full')}
          className="choice-list"
        >
          <Radio
            value="linked"
            disabled={action.isBusy}
            label="Linked"
            description={`Ready at once, and takes no space of its own. It reads the disks of ${machine.name}, which cannot be deleted before.`}
          />
          <Radio
            value="full"
            disabled={action.isBusy}
            label="Full"
            description="A copy that needs no other machine. It takes as much space as the disks use, and the time to copy them."
          />
        </Radio.Group>
        <Textarea
          label="Note"
          placeholder="What is in it; it can be left empty"
          value={note}
          disabled={action.isBusy}
          autosize
          minRows={1}
          maxRows={5}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Make template" isDisabled={nameProblem !== null} onClose={onClose} />
      </form>
    </Modal>
  );
}

function describeMoment({ name, memoryMiB }: MachineSummary, state: MachineState): string {
  const memory = `It takes ${memoryMiB === null ? 'its memory' : `at most ${formatMemory(memoryMiB)}`} on this host.`;
  if (state === 'running') return `${name} stands still for an instant for it. ${memory}`;
  if (state === 'suspended') return `It is made from the memory that was saved. ${memory}`;
  return memory;
}

function describeReadiness(name: string, state: MachineState): string {
  const again = 'It also lets Bothy warm the template again by itself, as after an update of QEMU.';
  if (state === 'running') return `A condition is waited for. ${again}`;
  if (state === 'paused' || state === 'suspended') return `A condition counts for later boots. ${again}`;
  return `It is booted apart from ${name}, and frozen at that moment.`;
}
