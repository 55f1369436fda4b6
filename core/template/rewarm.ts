import { changeMachine } from '../machine/change-machine.ts';
import { getTemplate, type TemplateDefinition } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { findMovable } from './find-fit.ts';

/**
 * Notes that a template's memory cannot be used here, for those who list it, and has it warmed again in the background if that
 * can be done without a person and did not fail with this QEMU before. For who just found out; nothing it fails with is told.
 */
export async function noteMisfit(site: Site, { id }: TemplateDefinition, reason: string): Promise<void> {
  try {
    await changeMachine(site, getTemplate(site.store, id), 'note why it is cold', undefined, async () => {
      const { definition } = getTemplate(site.store, id);
      if (definition.template.coldReason === reason) return;
      site.store.write({ ...definition, template: { ...definition.template, coldReason: reason } });
    });
    const { definition } = getTemplate(site.store, id);
    if (await canRewarm(site, definition)) site.rewarm(id);
  } catch {
    // The template is gone, or the disk is full: whoever is told loses nothing by it.
  }
}

async function canRewarm(site: Site, definition: TemplateDefinition): Promise<boolean> {
  const { isWarmWanted, failedQemu, readyWhen } = definition.template;
  if (!isWarmWanted || failedQemu === (await site.host.tools()).version) return false;
  if (readyWhen !== null || definition.timeline.memory !== null) return true;
  return (await findMovable(site, definition)) !== undefined;
}
