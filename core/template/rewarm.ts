import { changeMachine } from '../machine/change-machine.ts';
import { getTemplate, type TemplateDefinition } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { findMovable } from './find-fit.ts';

/**
 * Has a template warmed again in the background, if that can be done without a person and did not fail with this QEMU before; gives
 * whether it is. For who just found out that it is needed; nothing it fails with is told.
 */
export async function rewarmIfPossible(site: Site, { id }: TemplateDefinition): Promise<boolean> {
  try {
    const { definition } = getTemplate(site.store, id);
    const { isWarmWanted, failedQemu } = definition.template;
    if (!isWarmWanted || failedQemu === (await site.host.tools()).version || (await needsReadiness(site, definition)))
      return false;
    site.rewarm(id);
    return true;
  } catch {
    // The template is gone, or there is no QEMU: whoever is told loses nothing by it.
    return false;
  }
}

/** Whether somebody has to say when a boot of it counts as ready before it can be warmed again. */
export async function needsReadiness(site: Site, definition: TemplateDefinition): Promise<boolean> {
  if (definition.template.readyWhen !== null || definition.timeline.memory !== null) return false;
  return (await findMovable(site, definition)) === undefined;
}

/**
 * Notes for those who list a template that a machine could not go on from its memory, although it is of this QEMU and its files look
 * as they did; null takes that back. A template that is gone, or a full disk, is in nobody's way.
 */
export async function noteUnusable(site: Site, { id, template }: TemplateDefinition, reason: string | null): Promise<void> {
  try {
    await changeMachine(site, getTemplate(site.store, id), 'note why it is cold', undefined, async () => {
      const { definition } = getTemplate(site.store, id);
      // Of memory that was replaced meanwhile nobody knows anything.
      if (definition.template.coldReason === reason || definition.template.warm?.folder !== template.warm?.folder) return;
      site.store.write({ ...definition, template: { ...definition.template, coldReason: reason } });
    });
  } catch {
    // What is not noted is found again.
  }
}
