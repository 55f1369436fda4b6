import { join } from 'node:path';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { machineFile } from '../storage/file-names.ts';

/** What the configurations of an imported machine become part of. */
export interface CleanTarget {
  /** The machine's folder, absolute. */
  readonly folder: string;
  /** The names of the archive's files. */
  readonly files: ReadonlySet<string>;
  /** Gets what was left out. */
  readonly notices: Set<string>;
  /** Makes the error for what cannot be used; `why` ends the sentence. */
  refuse(why: string): Error;
}

/**
 * A configuration from outside without what reaches for this host: files of its own are taken only from the archive, and
 * words for QEMU not at all. `where` says in notices and errors whose it is.
 */
export function cleanConfiguration<T extends MachineConfiguration>(configuration: T, where: string, target: CleanTarget): T {
  const { files, notices, refuse } = target;
  const { disks, machineType, nvram, tpm, extraArguments, network, cdrom } = configuration;
  // They go onto QEMU's command line, where a comma begins the next option.
  if (!/^pc-q35-[0-9]{1,2}\.[0-9]{1,2}$/.test(machineType))
    throw refuse(`${where} wants the machine type ${JSON.stringify(machineType)}`);
  if (disks.some(({ file }) => !diskPattern.test(file))) throw refuse(`${where} has a disk outside its folder`);
  if (nvram !== null && !nvramPattern.test(nvram)) throw refuse(`${where} has UEFI variables outside its folder`);
  if (tpm !== null && !tpmPattern.test(tpm)) throw refuse(`${where} has a TPM outside its folder`);
  if ((nvram === null) !== (configuration.firmware === 'bios')) throw refuse(`${where} lacks its UEFI variables`);
  if (cdrom !== null) notices.add(`Its CD drive is empty in ${where}: the medium was a file of another host.`);
  if (extraArguments.length > 0) notices.add(`The extra QEMU arguments of ${where} were left out: ${extraArguments.join(' ')}`);
  const isHostFile = network.bootFile !== null && !/^(https?|tftp):\/\/\S+$/.test(network.bootFile);
  if (isHostFile) notices.add(`The network boot file of ${where} was left out: it was a file of another host.`);
  return {
    ...configuration,
    cdrom: null,
    kernel: placeKernel(configuration, where, { folder: target.folder, files, notices, refuse }),
    network: { ...network, bootFile: isHostFile ? null : network.bootFile },
    extraArguments: [],
  };
}

const plain = '[0-9A-Za-z][0-9A-Za-z._-]*';
const diskPattern = new RegExp(`^${machineFile.disks}/${plain}$`);
const nvramPattern = /^nvram(-[0-9a-z]{8})?\.fd$/;
const tpmPattern = /^tpm(-[0-9a-z]{8})?$/;

/** A kernel lies in the machine's folder from now on. */
function placeKernel(
  { kernel }: MachineConfiguration,
  where: string,
  { folder, files, refuse }: CleanTarget,
): MachineConfiguration['kernel'] {
  if (kernel === null) return null;
  const place = (name: string): string => {
    if (!name.startsWith(`${machineFile.boot}/`) || !files.has(name))
      throw refuse(`${where} starts ${JSON.stringify(name)}, which is not in it`);
    return join(folder, name);
  };
  return { ...kernel, kernel: place(kernel.kernel), initrd: kernel.initrd === null ? null : place(kernel.initrd) };
}
