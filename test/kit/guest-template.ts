import type { CreateInput } from '../../contract/machine.ts';
import type { Core } from '../../core/core.ts';
import { getDebianGuest, getDemoGuest, getQuickDemoGuest } from '../guests/index.ts';

/** Guests with the agent that templates are made of, and the memory they get, in MiB. */
export const templateGuests = { demo: 512, quickDemo: 512, debian: 1024 } as const;
export type TemplateGuest = keyof typeof templateGuests;

/**
 * Makes a template of a guest, named after it and warm unless said otherwise, from a machine that booted until its agent answered and
 * is gone afterwards.
 */
export async function makeGuestTemplate(
  core: Core,
  guest: TemplateGuest,
  options: { name?: string; isWarm?: boolean; memoryMiB?: number; firmware?: 'bios' | 'uefi' } = {},
): Promise<void> {
  const { machine, template } = core.handlers;
  const {
    name = guest === 'quickDemo' ? 'demo' : guest,
    isWarm = true,
    memoryMiB = templateGuests[guest],
    firmware = 'bios',
  } = options;
  const original = `${name}-original`;
  const settings = {
    memoryMiB,
    cpus: 1,
    firmware,
    accelerator: 'tcg',
    diskSize: guest === 'debian' ? undefined : 1024 ** 3,
  } as const;
  await machine.create({ name: original, source: await findSource(guest, firmware), ...settings, start: true }, {});
  // Debian's agent answers before the other services have started.
  if (guest === 'debian') await machine.wait({ machine: original, for: 'serial:root@debian:~#', timeoutSeconds: 300 }, {});
  await machine.wait({ machine: original, for: 'agent', timeoutSeconds: 300 }, {});
  await template.create({ machine: original, name, readyWhen: 'agent', full: true, ...(isWarm ? { warm: true } : {}) }, {});
  await machine.kill({ machine: original }, {});
  await machine.delete({ machine: original }, {});
}

async function findSource(guest: TemplateGuest, firmware: 'bios' | 'uefi'): Promise<CreateInput['source']> {
  if (guest === 'debian') return { type: 'image', path: await getDebianGuest() };
  const { kernel, packedKernel, initrd, append } = await (guest === 'demo' ? getDemoGuest : getQuickDemoGuest)();
  return { type: 'kernel', kernel: firmware === 'uefi' ? packedKernel : kernel, initrd, append };
}
