import type { MachineDefinition } from '../../contract/machine.ts';
import { requireState } from '../machine/change-machine.ts';
import { forceOff } from '../machine/force-off.ts';
import type { Site } from '../machine/site.ts';
import { startMachine } from '../machine/start-machine.ts';
import { planGuard } from '../throwaway/plan-guard.ts';
import { changeTimeline, type TimelineChange, type TimelineOptions } from './change-timeline.ts';
import { checkAccelerator, findResumePlan } from './resume-plan.ts';

/** Starts a machine: from its saved memory if it has some, else afresh. */
export function startFromTimeline(site: Site, reference: string, options: TimelineOptions): Promise<void> {
  return changeTimeline(site, reference, 'start', options, (change) =>
    change.withMachine(async (machine, definition) => {
      if (machine.state === 'crashed') await forceOff(site.store, machine);
      else requireState(machine, ['off', 'suspended'], 'started');
      await startHeld(change, definition);
    }),
  );
}

/** The same within a change, its lock of the machine held. */
export async function startHeld(change: TimelineChange, definition: MachineDefinition): Promise<void> {
  const { store, host } = change.site;
  const guard = planGuard(definition.throwaway);
  const plan = findResumePlan(change.folder, definition);
  if (plan === undefined) {
    await startMachine(store, host, definition, { signal: change.signal, guard });
    return;
  }
  await checkAccelerator(host, plan);
  await startMachine(store, host, plan.configuration, {
    signal: change.signal,
    guard,
    isNewcomer: plan.memory.isForeign ?? false,
    source: { memory: plan.memory, file: plan.file, onLoaded: () => change.commit(forgetMemory) },
  });
  await tidy(change);
}

/** Throws away the memory of a suspended machine, which then starts from its disks. */
export function discardMemory(site: Site, reference: string, options: TimelineOptions): Promise<void> {
  return changeTimeline(site, reference, 'throw the saved memory away', options, (change) =>
    change.withMachine(async (machine, definition) => {
      if (definition.timeline.memory === null || machine.process !== undefined) requireState(machine, [], 'forced off');
      await change.commit(forgetMemory);
      await tidy(change);
    }),
  );
}

/** Loaded when it is needed: most starts go on from no memory. */
async function tidy(change: TimelineChange): Promise<void> {
  const { removeUnreachable } = await import('./collect.ts');
  removeUnreachable(change);
}

function forgetMemory(machine: MachineDefinition): MachineDefinition {
  return { ...machine, timeline: { ...machine.timeline, memory: null } };
}
