import type { Host } from '../host/host.ts';

/** From this version on QEMU can have a file as memory that it may only read, with what the guest writes kept apart. */
const readOnlySince = 9;

/** Whether this host's QEMU needs no right to write into a template's memory; before 9.0 it opens it for writing all the same. */
export async function canMapReadOnly(host: Host): Promise<boolean> {
  return (await host.tools()).versionParts.major >= readOnlySince;
}
