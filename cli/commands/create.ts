import { AppError } from '../../contract/app-error.ts';
import type { MachineSource } from '../../contract/machine.ts';
import type { Call } from '../call.ts';
import { buildFlagName, choice, defineCommand, flag, option, repeated } from '../command.ts';
import { describeStart, describeState } from '../lifecycle.ts';
import { parsePath } from '../parse/path.ts';
import { parsePort } from '../parse/port.ts';
import { parseDiskSize, parseDuration, parseInteger, parseMemory } from '../parse/size.ts';
import { readSource } from '../parse/source.ts';

const asTyped = (text: string): string => text;

/** `bothy create NAME` */
export const create = defineCommand({
  operation: ['machine.create', 'throwaway.create'],
  details: [
    'SOURCE is an ISO, a disk image (qcow2, raw, vmdk, vdi, vhdx, vpc; it is copied, never changed), an appliance (OVA, or OVF with ' +
      'its files beside it), a template, `netboot`, or `netboot:FILE` / `netboot:URL` for what the network boot loads. With neither --from nor ' +
      '--kernel the machine gets an empty disk.',
    'A machine of a template is there at once: its disks build on the template’s, and with --start it goes on from the template’s ' +
      'memory where that fits. With --throwaway it is started and vanishes when it is off; with --ttl also when its time is over. ' +
      'Where a file and a template have the same name, `template:NAME` means the template.',
    'Memory, CPUs, firmware, disks and network of an appliance are as it says unless an option says otherwise. Without --firmware a ' +
      'disk image gets UEFI when only that can start it. Without --bus the disks of a vmdk, vdi, vhdx or vpc image are on SATA, ' +
      'which every guest knows, and those of a qcow2 or raw image on virtio, which is faster.',
    'Sizes are powers of 1024: 512M, 2G, 1T. A memory size without a unit is MiB.',
    'Each further --disk makes one more disk, up to 8. The first one is the copy of SOURCE when that is a disk image; `default` ' +
      'gives it the size of the image, or 20G when it is empty, and 0 leaves it out. The others are empty. An empty disk takes ' +
      'room on the host only as the guest fills it.',
  ],
  examples: [
    'bothy create demo --from debian-12.iso --memory 4G --disk 40G --start',
    'bothy create web --from server.qcow2 --port 8080:80 --port 2222:22 --tag work',
    'bothy create tiny --kernel vmlinuz --initrd initrd.gz --append "console=ttyS0" --disk 0',
    'bothy create store --from server.qcow2 --disk default --disk 100G',
    'bothy create shop --from shop.ova --memory 4G',
    'bothy create pxe --from netboot',
    'bothy create web2 --from web-template --start',
    'bothy create try --from web-template --throwaway --ttl 1h',
  ],
  positionals: [{ name: 'NAME', description: 'letters, digits, dots, dashes and underscores, at most 63', complete: 'none' }],
  options: {
    from: option('SOURCE', 'what the machine is made from', asTyped, 'file'),
    kernel: option('FILE', 'Linux kernel to boot directly', asTyped, 'file'),
    initrd: option('FILE', 'initial ramdisk of that kernel', asTyped, 'file'),
    append: option('TEXT', 'command line of that kernel', asTyped),
    memory: option('SIZE', 'memory, such as 2G or 2048 (MiB)', parseMemory),
    cpus: option('N', 'number of processors', parseInteger),
    disk: repeated('SIZE', 'size of a disk, such as 20G; 0 for none', parseDisk),
    bus: choice(['virtio', 'sata'], 'what its disks hang on'),
    firmware: choice(['bios', 'uefi', 'uefi-secure'], 'what boots the machine'),
    tpm: flag('give it a TPM 2.0, as Windows 11 wants; needs swtpm'),
    accelerator: choice(['auto', 'kvm', 'tcg'], 'how the processor is run; auto is KVM where it works'),
    network: choice(['user', 'none'], 'user reaches out through the host; none has no network card'),
    port: repeated('HOST:GUEST[/udp]', 'let the host reach a port of the guest', parsePort),
    tag: repeated('TAG', 'a word to find the machine by', asTyped),
    qemuArg: repeated('ARGUMENT', "one word added to QEMU's command line", asTyped),
    start: flag('start the machine when it is made'),
    throwaway: flag('of a template: start it, and have it vanish when it is off'),
    ttl: option('TIME', 'of a throwaway: it ends after this time, such as 30m or 1h', parseDuration),
  },
  async run(call, options) {
    const [diskSize, ...extraDisks] = options.disk;
    if (extraDisks.includes('default'))
      throw usage('Only the first --disk has a default size.', 'Give the others a size, such as 5G.');
    const source = await buildSource(call, options);
    if (options.throwaway || options.ttl !== undefined) return createThrowaway(call, options, source);
    const machine = await call.invoke('machine.create', {
      name: call.arguments[0],
      source,
      memoryMiB: options.memory,
      cpus: options.cpus,
      diskSize: diskSize === 'default' ? undefined : diskSize,
      extraDisks,
      bus: options.bus,
      firmware: options.firmware,
      tpm: options.tpm,
      accelerator: options.accelerator,
      network: options.network,
      ports: options.port,
      tags: options.tag,
      extraArguments: options.qemuArg,
      start: options.start,
    });
    if (call.isJson) call.output.writeJson(machine);
    else call.output.write(options.start ? await describeStart(call, machine) : describeState(machine));
    return undefined;
  },
});

interface ThrowawayOptions {
  readonly throwaway: boolean;
  readonly ttl: number | undefined;
  readonly memory: number | undefined;
  readonly cpus: number | undefined;
  readonly network: string | undefined;
  readonly port: readonly unknown[];
}

/** What a throwaway has as its template has it. */
const fixedOptions = ['disk', 'bus', 'firmware', 'tpm', 'accelerator', 'tag', 'qemuArg'] as const;

async function createThrowaway(
  call: Call,
  options: ThrowawayOptions & Readonly<Record<(typeof fixedOptions)[number], unknown>>,
  source: MachineSource,
): Promise<undefined> {
  if (!options.throwaway) throw usage('--ttl is for a throwaway.', 'Add --throwaway.');
  if (source.type !== 'template') throw usage('A throwaway is made of a template.', 'Name one: --from TEMPLATE.');
  const fixed = fixedOptions.find((key) => {
    const value = options[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  if (fixed !== undefined) {
    throw usage(`A throwaway cannot be given ${buildFlagName(fixed)}.`, 'It has that as its template has it; leave it out.');
  }
  const { machine, notice, ...rest } = await call.invoke('throwaway.create', {
    template: source.template,
    name: call.arguments[0],
    memoryMiB: options.memory,
    cpus: options.cpus,
    network: options.network,
    ports: options.port,
    ttlSeconds: options.ttl,
  });
  if (notice !== null) call.output.note(notice);
  if (call.isJson) call.output.writeJson({ ...machine, notice, ...rest });
  else call.output.write(describeState(machine));
  return undefined;
}

function parseDisk(text: string, label: string): number | 'default' {
  return text === 'default' ? text : parseDiskSize(text, label);
}

interface SourceOptions {
  readonly from: string | undefined;
  readonly kernel: string | undefined;
  readonly initrd: string | undefined;
  readonly append: string | undefined;
}

async function buildSource(call: Call, { from, kernel, initrd, append }: SourceOptions): Promise<MachineSource> {
  if (kernel !== undefined) {
    if (from !== undefined) throw usage('--from and --kernel cannot be given together.', 'Give one of them.');
    return {
      type: 'kernel',
      kernel: parsePath(kernel),
      ...(initrd === undefined ? {} : { initrd: parsePath(initrd) }),
      ...(append === undefined ? {} : { append }),
    };
  }
  if (initrd !== undefined || append !== undefined) throw usage('--initrd and --append need --kernel.', 'Add --kernel FILE.');
  return from === undefined ? { type: 'empty' } : await readSource(call, from);
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { hint });
}
