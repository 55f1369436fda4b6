import { Button, Checkbox, Modal, Progress, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { type AppErrorData, errorToData } from '../../../contract/app-error.ts';
import type { Task } from '../../../contract/task.ts';
import { buildHash, type Route } from '../../state/route.ts';
import { suggestName } from '../../state/suggest-name.ts';
import { dismissTask } from '../../state/task-store.ts';
import { useApp, useHost, useOpenDialog, useTemplates } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useTakenNames } from '../../ui/use-taken-names.ts';
import { isMachineFile } from '../transfer/transfer-files.ts';
import { AdvancedSection } from './advanced-section.tsx';
import './create-dialog.css';
import {
  applySource,
  buildCreateDefaults,
  buildCreateInput,
  type CreateValues,
  findCreateProblems,
  findErrorField,
  findSourcePath,
} from './create-form.ts';
import { ResourceFields } from './resource-fields.tsx';
import { SourceFields } from './source-fields.tsx';

/** Makes a new machine. */
export function CreateDialog({
  isoPath,
  template,
  onClose,
}: {
  isoPath: string | undefined;
  /** The id of the template it is to be made from. */
  template: string | undefined;
  onClose: () => void;
}) {
  const { actions, client, stores } = useApp();
  const openDialog = useOpenDialog();
  const facts = useHost((state) => state.facts);
  const taken = useTakenNames();
  const templates = useTemplates((state) => state.templates);
  const nameOf = (id: string) => templates?.find((one) => one.id === id)?.name ?? null;
  // Only what the person touched is held here; the rest follows what is learnt of the host meanwhile.
  const [patch, setPatch] = useState<Partial<CreateValues>>(() => {
    const isImage = isoPath !== undefined && /\.(qcow2|vmdk|vdi|vhdx|raw)$/i.test(isoPath);
    const dropped = isImage ? { source: 'image' as const, imagePath: isoPath, diskGiB: '' as const } : { isoPath: isoPath ?? '' };
    if (template !== undefined) {
      const made = applySource(buildCreateDefaults(facts), 'template', buildCreateDefaults(facts));
      const { source, diskGiB } = made;
      const { name = null, memoryMiB = '', cpus = '' } = templates?.find((one) => one.id === template) ?? {};
      return { source, memoryMiB, cpus, diskGiB, template, name: suggestName(name, taken) };
    }
    return { ...dropped, name: suggestName(isoPath ?? null, taken) };
  });
  const values = { ...buildCreateDefaults(facts), ...patch };
  const [isNamed, setNamed] = useState(false);
  const [isTried, setTried] = useState(false);
  const [isChooserOpen, setChooserOpen] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const action = useAction();
  const task = useStore(stores.tasks, ({ tasks }) =>
    action.isBusy ? tasks.findLast((one) => one.state === 'running' && isAbout(one, values.name)) : undefined,
  );
  useInlineFailure(values.name);
  const problems = findCreateProblems(values, facts, action.isBusy ? new Set() : taken);
  const errorField = action.error === null ? null : findErrorField(action.error);
  const isValid = Object.keys(problems).length === 0;
  const shown = isTried ? problems : problems.name !== undefined && isNamed ? { name: problems.name } : {};

  const change = (touched: Partial<CreateValues>) => {
    action.clearError();
    setPatch((before) => {
      const next = { ...before, ...touched };
      const all = { ...values, ...next };
      const origin = all.source === 'template' ? nameOf(all.template) : findSourcePath(all);
      return isNamed ? next : { ...next, name: suggestName(origin, taken) };
    });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isValid)
      return void requestAnimationFrame(() =>
        form.current?.querySelector<HTMLElement>('[data-problem], [aria-invalid="true"]')?.focus(),
      );
    const wasTaken = taken.has(values.name);
    const isDone = await action.run(async (signal) => {
      let failure: AppErrorData | undefined;
      const machine = await client.call.machine.create(buildCreateInput(values), { signal }).catch(async (error: unknown) => {
        // It may have been made, and only its start failed: then its own page is the place to go on.
        const made = await client.call.machine.info({ machine: values.name }).catch(() => undefined);
        if (made === undefined || made.name !== values.name || wasTaken) throw error;
        failure = errorToData(error);
        return made;
      });
      const route: Route = {
        page: 'machine',
        id: machine.id,
        tab: values.isStarted && machine.state !== 'off' ? 'console' : 'overview',
      };
      window.location.hash = buildHash(route);
      stores.window.setState({ route });
      if (failure !== undefined) actions.fail(machine.id, { title: `${values.name} did not start`, error: failure });
    });
    if (isDone) onClose();
  };
  const cancel = () => {
    if (!action.isBusy) return onClose();
    action.cancel();
    if (task !== undefined) client.call.task.cancel({ id: task.id }).catch(() => undefined);
  };
  const errorAt = (field: typeof errorField) =>
    field !== null && field === errorField && action.error !== null ? <ErrorNotice error={action.error} /> : null;

  return (
    <Modal
      opened
      onClose={cancel}
      title="New machine"
      size={680}
      closeOnEscape={!isChooserOpen}
      closeOnClickOutside={false}
      trapFocus={!isChooserOpen}
      className="create"
    >
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        <fieldset disabled={action.isBusy} className="create-fields">
          <SourceFields
            values={values}
            problem={shown.source}
            onChange={change}
            onChooserToggle={setChooserOpen}
            onImport={() =>
              openDialog(isMachineFile(values.imagePath) ? { kind: 'import', path: values.imagePath } : { kind: 'import' })
            }
            error={errorAt('source')}
          />
          <TextInput
            label="Name"
            value={values.name}
            error={shown.name}
            spellCheck={false}
            autoComplete="off"
            maxLength={300}
            onChange={(event) => {
              setNamed(true);
              action.clearError();
              const { value } = event.currentTarget;
              setPatch((before) => ({ ...before, name: value }));
            }}
          />
          {errorAt('name')}
          <ResourceFields values={values} problems={shown} facts={facts} onChange={change} />
          {errorAt('memory')}
          {errorAt('cpus')}
          {errorAt('disk')}
          <AdvancedSection
            values={values}
            problems={shown}
            facts={facts}
            onChange={change}
            isForcedOpen={shown.ports !== undefined || shown.extraDisks !== undefined}
          />
          {errorAt('firmware')}
          {errorAt('accelerator')}
          {action.error !== null && errorField === null ? <ErrorNotice error={action.error} /> : null}
        </fieldset>
        <div className="create-foot">
          {action.isBusy ? (
            <div className="create-progress" role="status">
              <Progress
                value={task?.progress == null ? 100 : task.progress * 100}
                animated={task?.progress == null}
                size="sm"
                aria-label="Creating"
              />
              <span className="truncate">{task?.step ?? 'Creating'}</span>
            </div>
          ) : (
            <Checkbox
              label="Start it after creation"
              checked={values.isStarted}
              onChange={(event) => change({ isStarted: event.currentTarget.checked })}
            />
          )}
          <div className="create-buttons">
            <Button variant="default" onClick={cancel}>
              Cancel
            </Button>
            <Button type="submit" loading={action.isBusy}>
              {values.isStarted ? 'Create and start' : 'Create'}
            </Button>
          </div>
        </div>
      </form>
    </Modal>
  );
}

/** The dialog shows the failure of its task itself, so the task bar need not. */
function useInlineFailure(name: string): void {
  const { stores } = useApp();
  const failed = useStore(stores.tasks, ({ tasks }) => tasks.find((one) => one.state === 'failed' && isAbout(one, name)));
  useEffect(() => {
    if (failed !== undefined) stores.tasks.setState((state) => dismissTask(state, failed.id), true);
  }, [failed, stores]);
}

function isAbout(task: Task, name: string): boolean {
  return task.title.includes(`“${name}”`);
}
