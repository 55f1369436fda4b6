import { Button, Checkbox, Collapse, NumberInput, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { useStore } from 'zustand';
import type { TemplateInfo } from '../../../contract/template.ts';
import { buildMatrixWish, findMatrixProblems, type MatrixField, type MatrixValues } from '../../state/matrix-form.ts';
import { useApp } from '../../ui/app-context.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { WarmthMark } from '../template/warmth-mark.tsx';

const optionFields: readonly MatrixField[] = ['parallel', 'timeoutSeconds', 'environment', 'workdir'];

/** What to run, and where. */
export function MatrixForm({ templates, known }: { templates: readonly TemplateInfo[]; known: ReadonlySet<string> }) {
  const { stores, matrixActions } = useApp();
  const values = useStore(stores.matrix, (state) => state.values);
  const isRunning = useStore(stores.matrix, (state) => state.run?.isRunning === true);
  const isCancelling = useStore(stores.matrix, (state) => state.run?.isCancelling === true);
  const [isTried, setTried] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const problems = findMatrixProblems(values, known);
  const shown = isTried ? problems : {};
  const isOpen = isAsked || optionFields.some((field) => shown[field] !== undefined);
  const change = (patch: Partial<MatrixValues>) => stores.matrix.setState((state) => ({ values: { ...state.values, ...patch } }));
  const run = (event?: FormEvent) => {
    event?.preventDefault();
    if (isRunning) return;
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    setTried(false);
    void matrixActions.run(values.command, buildMatrixWish(values, known));
  };
  const onCommandKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    run();
  };
  const chosen = values.templates.filter((name) => known.has(name));
  const areAll = chosen.length === templates.length;

  return (
    <form className="matrix-form card" onSubmit={run} noValidate aria-label="Command">
      <Checkbox.Group
        label="On the templates"
        value={[...chosen]}
        error={shown.templates}
        onChange={(next) => change({ templates: templates.filter(({ name }) => next.includes(name)).map(({ name }) => name) })}
      >
        <div className="matrix-templates">
          {templates.map(({ id, name, warmth }) => (
            <Checkbox.Card key={id} value={name} className="matrix-template" disabled={isRunning} aria-label={name}>
              <Checkbox.Indicator size="xs" />
              <WarmthMark warmth={warmth} size={18} />
              <span className="truncate">{name}</span>
            </Checkbox.Card>
          ))}
          {templates.length < 2 ? null : (
            <Button
              size="compact-sm"
              variant="subtle"
              disabled={isRunning}
              onClick={() => change({ templates: areAll ? [] : templates.map(({ name }) => name) })}
            >
              {areAll ? 'None' : 'All'}
            </Button>
          )}
        </div>
      </Checkbox.Group>
      <Textarea
        label="Command"
        description={
          values.usesShell
            ? 'Read by the shell of the guest (sh -c). Enter runs it, Shift+Enter begins a new line.'
            : 'A program and its arguments, without a shell. Enter runs it.'
        }
        placeholder="uname -a"
        classNames={{ input: 'mono' }}
        autosize
        minRows={1}
        maxRows={12}
        spellCheck={false}
        autoComplete="off"
        value={values.command}
        error={shown.command}
        readOnly={isRunning}
        onKeyDown={onCommandKey}
        onChange={(event) => change({ command: event.currentTarget.value })}
      />
      <div className="matrix-row">
        <Disclosure isOpen={isOpen} onToggle={() => setAsked(!isOpen)}>
          Options
        </Disclosure>
        <span className="matrix-gap" />
        {/* Two buttons for good: one that became the other under a click would submit the form, and so begin anew what was cancelled. */}
        {isRunning ? (
          <Button
            key="cancel"
            variant="default"
            leftSection={<IconPlayerStop size={16} aria-hidden />}
            loading={isCancelling}
            onClick={matrixActions.cancel}
          >
            Cancel
          </Button>
        ) : (
          <Button key="run" type="submit" leftSection={<IconPlayerPlay size={16} aria-hidden />}>
            Run
          </Button>
        )}
      </div>
      <Collapse expanded={isOpen}>
        <fieldset className="matrix-options" disabled={isRunning} aria-label="Options">
          <NumberInput
            label="At once"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            description="Machines at the same time; empty: as many as fit."
            placeholder="as many as fit"
            min={1}
            value={values.parallel}
            error={shown.parallel}
            onChange={(next) => change({ parallel: toNumber(next) })}
          />
          <NumberInput
            label="Time-out"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            description="A command that takes longer is ended, with exit code 124."
            placeholder="none"
            suffix=" s"
            min={0}
            value={values.timeoutSeconds}
            error={shown.timeoutSeconds}
            onChange={(next) => change({ timeoutSeconds: toNumber(next) })}
          />
          <TextInput
            label="Working folder"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            description="In the guest; empty: where its agent is."
            classNames={{ input: 'mono' }}
            placeholder="/tmp"
            spellCheck={false}
            value={values.workdir}
            error={shown.workdir}
            onChange={(event) => change({ workdir: event.currentTarget.value })}
          />
          <div>
            <div className="mantine-InputWrapper-label matrix-label">Network</div>
            <SegmentedControl
              aria-label="Network"
              size="xs"
              data={[
                { value: 'user', label: 'As the template' },
                { value: 'none', label: 'None' },
              ]}
              value={values.network}
              onChange={(network) => change({ network: network === 'none' ? 'none' : 'user' })}
            />
            <Checkbox
              mt={12}
              label="Read by a shell"
              description="Off for guests without sh."
              checked={values.usesShell}
              onChange={(event) => change({ usesShell: event.currentTarget.checked })}
            />
          </div>
          <Textarea
            className="matrix-environment"
            label="Environment"
            description="One NAME=value a line."
            classNames={{ input: 'mono' }}
            placeholder="LANG=C"
            autosize
            minRows={2}
            maxRows={8}
            spellCheck={false}
            value={values.environment}
            error={shown.environment}
            onChange={(event) => change({ environment: event.currentTarget.value })}
          />
        </fieldset>
      </Collapse>
    </form>
  );
}

function toNumber(next: string | number): number | '' {
  return typeof next === 'number' ? next : '';
}
