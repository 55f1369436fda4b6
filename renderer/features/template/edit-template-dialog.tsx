import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { TemplateInfo } from '../../../contract/template.ts';
import { findNameProblem } from '../../state/suggest-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useTakenNames } from '../../ui/use-taken-names.ts';

/** Changes what a template is called, and its note. */
export function EditTemplateDialog({ template, onClose }: { template: TemplateInfo; onClose: () => void }) {
  const { templateActions } = useApp();
  const action = useAction();
  const taken = useTakenNames();
  const [name, setName] = useState(template.name);
  const [note, setNote] = useState(template.note);
  const problem = name === template.name ? null : findNameProblem(name, taken);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null) return;
    if (await action.run(() => templateActions.edit(template.id, { name, note: note.trim() }))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Name and note" size={440}>
      <form className="dialog-column" onSubmit={(event) => void save(event)} noValidate>
        <TextInput
          label="Name"
          value={name}
          error={action.isBusy ? null : problem}
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            action.clearError();
            setName(event.currentTarget.value);
          }}
        />
        <Textarea
          label="Note"
          value={note}
          autosize
          minRows={2}
          maxRows={6}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={action.isBusy}>
            Cancel
          </Button>
          <Button type="submit" loading={action.isBusy} disabled={problem !== null}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
