import { AppError, type ErrorCode } from '../../contract/app-error.ts';
import type { TemplateRecord } from '../../contract/template.ts';
import { recordActivity } from '../machine/activity.ts';
import { getTemplate, type TemplateDefinition } from '../machine/find-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import type { Site } from '../machine/site.ts';
import type { TaskContext } from '../task/task-list.ts';
import { changeTimeline, type TimelineChange } from '../timeline/change-timeline.ts';
import { removeUnreachable } from '../timeline/collect.ts';
import { requireWhole } from './find-damage.ts';
import { findFit, findMovable } from './find-fit.ts';
import { unknownGuest } from './ready-guest.ts';
import { defaultReadySeconds, warmByBoot, warmFromFrozen, warmFromMemory } from './warm-template.ts';

export interface RebuildWish {
  readonly cold?: boolean | undefined;
  readonly readyWhen?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** For who found it cold a while ago: another may have warmed it since. */
  readonly ifNeeded?: boolean | undefined;
}

/**
 * Warms a template again, or makes it cold. Clones may be made of what it was until it is done; those there are go on. When it
 * fails the template is as before, and tells why.
 */
export async function rebuildTemplate(site: Site, stored: StoredMachine, wish: RebuildWish, task: TaskContext): Promise<void> {
  await changeTimeline(site, stored, 'warm', task, async (change) => {
    if (wish.cold === true) {
      if (wish.ifNeeded === true) throw buildContradiction(change.name);
      return makeCold(change);
    }
    try {
      await warm(change, wish);
    } catch (error) {
      await noteFailure(change, error);
      throw error;
    }
  });
}

async function makeCold(change: TimelineChange): Promise<void> {
  await change.commit((definition) => {
    const { failedQemu: _failedQemu, ...record } = getRecord(definition.template);
    const template = { ...record, isWarmWanted: false, warm: null, coldReason: null };
    return { ...definition, timeline: { ...definition.timeline, memory: null }, template };
  });
  recordActivity(change.folder, 'WARM', 'Threw its memory away');
  removeUnreachable(change);
}

/**
 * Memory that was made with the template and never frozen, or that is whole and of another QEMU, is what somebody wanted to have:
 * that comes first. Else the template is booted.
 */
async function warm(change: TimelineChange, wish: RebuildWish): Promise<void> {
  const { definition, folder } = getTemplate(change.site.store, change.id);
  requireWhole(folder, definition);
  const timeoutSeconds = wish.timeoutSeconds ?? defaultReadySeconds;
  const isUsable = await isWarm(change.site, definition);
  const { isWarmWanted, coldReason } = definition.template;
  if (wish.ifNeeded === true && (!isWarmWanted || (isUsable && coldReason === null))) return;
  if (wish.readyWhen !== undefined) return warmByBoot(change, { readyWhen: wish.readyWhen, timeoutSeconds });
  if (definition.timeline.memory !== null) return warmFromMemory(change, unknownGuest);
  const { readyWhen } = definition.template;
  if (!isUsable) {
    const movable = await findMovable(change.site, definition);
    if (movable !== undefined) return warmFromFrozen(change, movable);
  }
  if (readyWhen === null) throw buildNobodyKnows(change.name);
  return warmByBoot(change, { readyWhen, timeoutSeconds });
}

async function isWarm(site: Site, definition: TemplateDefinition): Promise<boolean> {
  return (await findFit(site, definition, {})).isFit;
}

function buildContradiction(name: string): AppError {
  return new AppError('invalid-input', `“${name}” is to be warm if needed, and cold in any case.`, { hint: 'Leave one out.' });
}

function buildNobodyKnows(name: string): AppError {
  return new AppError('invalid-input', `“${name}” has to be booted to be warmed, and nobody said when that is done.`, {
    hint: `Say it: \`bothy template rebuild ${name} --wait-for agent\`, or \`--wait-for ssh\`, or \`--wait-for serial:TEXT\`.`,
  });
}

/** Nothing is wrong with the template itself then, and it is as it was. */
const harmless: readonly ErrorCode[] = ['cancelled', 'busy', 'invalid-input'];
/** What a host lacks for now, or somebody did to QEMU: another time it may do. */
const passing: readonly ErrorCode[] = [
  'port-taken',
  'not-enough-memory',
  'not-enough-space',
  'qemu-killed',
  'qemu-unresponsive',
  'file-unreadable',
];

/** So that it is not tried again by itself until there is another QEMU, unless what was in the way passes. */
async function noteFailure(change: TimelineChange, error: unknown): Promise<void> {
  if (!(error instanceof AppError) || harmless.includes(error.code)) return;
  const { version } = await change.site.host.tools();
  const failedQemu = passing.includes(error.code) ? undefined : version;
  const { definition } = getTemplate(change.site.store, change.id);
  const hasNone = definition.template.warm === null;
  await change.commit((latest) => {
    const record = getRecord(latest.template);
    const coldReason = hasNone ? `warming it failed: ${error.message}` : record.coldReason;
    return { ...latest, template: { ...record, coldReason, failedQemu } };
  });
}

function getRecord(template: TemplateRecord | null): TemplateRecord {
  if (template === null) throw new Error('it is no template any more');
  return template;
}
