import type { CreateInput } from '../../contract/machine.ts';
import type { Core } from '../../core/core.ts';
import { getDebianGuest, getDemoGuest } from '../guests/index.ts';

/** The guests that are measured: ours, small as a container, and a real Debian. Memory is MiB. */
export const benchGuests = { demo: 512, debian: 1024 } as const;
export type BenchGuest = keyof typeof benchGuests;

/** Makes a warm template of a guest, named after it; the machine it was made from is gone. */
export async function makeWarmTemplate(core: Core, guest: BenchGuest, memoryMiB: number = benchGuests[guest]): Promise<void> {
  const { machine, template } = core.handlers;
  const name = `${guest}-original`;
  const settings = { memoryMiB, cpus: 1, accelerator: 'tcg', diskSize: guest === 'demo' ? 1024 ** 3 : undefined } as const;
  await machine.create({ name, source: await findSource(guest), ...settings, start: true }, {});
  await machine.wait({ machine: name, for: 'agent', timeoutSeconds: 300 }, {});
  await template.create({ machine: name, name: guest, warm: true, readyWhen: 'agent', full: true }, {});
  await machine.kill({ machine: name }, {});
  await machine.delete({ machine: name }, {});
}

async function findSource(guest: BenchGuest): Promise<CreateInput['source']> {
  if (guest === 'debian') return { type: 'image', path: await getDebianGuest() };
  const { kernel, initrd, append } = await getDemoGuest();
  return { type: 'kernel', kernel, initrd, append };
}
