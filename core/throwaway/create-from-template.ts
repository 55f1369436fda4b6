import { AppError } from '../../contract/app-error.ts';
import type { CreateInput } from '../../contract/machine.ts';
import { recordActivity } from '../machine/activity.ts';
import { checkFree } from '../machine/claim-name.ts';
import { makeMachineId } from '../machine/new-identity.ts';
import type { Site } from '../machine/site.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import type { TaskContext } from '../task/task-list.ts';
import { introduceClone } from './introduce.ts';
import { makeClone } from './make-clone.ts';
import { startClone } from './start-clone.ts';

/**
 * Makes a normal machine of a template, which builds on the template's disks; with `start` it goes on from the template's memory at
 * once, or is booted. Gives its id. The input has been checked.
 */
export async function createFromTemplate(
  site: Site,
  input: CreateInput,
  template: string,
  { signal, progress }: TaskContext,
): Promise<string> {
  checkWhatATemplateFixes(input);
  const id = makeMachineId();
  checkSocketBudget(site.store.homes, id);
  checkFree(site, input.name, id);
  const { name, memoryMiB, cpus, network, ports, tags } = input;
  const wish = { id, name, memoryMiB, cpus, network, ports, tags, throwaway: null };
  const lock = await site.locks.acquire(id, 'create', { subject: `“${name}”` });
  try {
    if (input.start === true) {
      progress(null, 'Starting');
      const clone = { ...wish, isWarmWanted: true };
      const started = await startClone(site, template, clone, { signal, onPhase: () => {} });
      if (started.notice !== null) recordActivity(site.store.folderOf(id), 'BOOT', started.notice);
      await introduceClone(site.store, started);
    } else await makeClone(site, template, { ...wish, isWarmWanted: false });
  } catch (error) {
    throw explainFileError(error, `“${name}” was not created`);
  } finally {
    await lock.release();
  }
  recordActivity(site.store.folderOf(id), 'CREATE', `Made of the template “${template}”`);
  site.store.announce(id);
  return id;
}

/** What its guest knows already, or its disks are. */
function checkWhatATemplateFixes({ diskSize, extraDisks, bus, firmware, tpm, accelerator, extraArguments }: CreateInput): void {
  const given = [
    diskSize !== undefined && 'disk',
    (extraDisks ?? []).length > 0 && 'disk',
    bus !== undefined && 'bus',
    firmware !== undefined && 'firmware',
    tpm === true && 'tpm',
    accelerator !== undefined && 'accelerator',
    (extraArguments ?? []).length > 0 && 'qemu-arg',
  ].find((name) => name !== false);
  if (given === undefined) return;
  throw new AppError('invalid-input', `A machine of a template has this as the template has it: ${given}.`, {
    hint: `Leave out --${given}, or make a machine first and change that: \`bothy create\`, then \`bothy set\`.`,
  });
}
