import { checkName } from '../create/check-settings.ts';
import { changeMachine } from '../machine/change-machine.ts';
import { claimName } from '../machine/claim-name.ts';
import { getTemplate } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { checkSnapshotNote } from '../timeline/find-snapshot.ts';

export interface EditWish {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly keepReady?: number | undefined;
}

/** Gives a template another name or note, or another number of clones to keep ready; its clones stay what they are. Gives its id. */
export async function editTemplate(
  site: Site,
  reference: string,
  { name, note, keepReady }: EditWish,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (name !== undefined) checkName(name, 'template');
  if (note !== undefined) checkSnapshotNote(note);
  const stored = getTemplate(site.store, reference);
  const { id } = stored;
  await changeMachine(site, stored, 'change a template', signal, async () => {
    const { definition } = getTemplate(site.store, id);
    const { template } = definition;
    const ready = keepReady ?? template.keepReady ?? 0;
    const readyProblem = ready === 0 ? undefined : template.readyProblem;
    const record = { ...template, note: note ?? template.note, keepReady: ready === 0 ? undefined : ready, readyProblem };
    const edited = { ...definition, name: name ?? definition.name, template: record };
    const apply = (): void => site.store.write(edited);
    if (edited.name === definition.name) apply();
    else await claimName(site, edited.name, id, apply);
  });
  return id;
}
