import { z } from 'zod';
import { originSchema, templateRecordSchema, throwawayRecordSchema } from './template.ts';
import { timelineSchema } from './timeline.ts';

/** What a machine may be called: it becomes a host name, so letters, digits, dots, dashes and underscores. */
export const machineNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export const machineStates = ['off', 'starting', 'running', 'paused', 'suspended', 'crashed', 'broken'] as const;
export const machineStateSchema = z.enum(machineStates);
export type MachineState = (typeof machineStates)[number];

export const acceleratorChoiceSchema = z.enum(['auto', 'kvm', 'tcg']);
export type AcceleratorChoice = z.infer<typeof acceleratorChoiceSchema>;
export type Accelerator = 'kvm' | 'tcg';

export const firmwareSchema = z.enum(['bios', 'uefi', 'uefi-secure']);
export type Firmware = z.infer<typeof firmwareSchema>;

export const bootDeviceSchema = z.enum(['disk', 'cdrom', 'network']);
export type BootDevice = z.infer<typeof bootDeviceSchema>;

export const portForwardSchema = z.strictObject({
  host: z.int().min(1).max(65535),
  guest: z.int().min(1).max(65535),
  protocol: z.enum(['tcp', 'udp']),
});
export type PortForward = z.infer<typeof portForwardSchema>;

/** A kernel started directly by QEMU, without firmware reading a disk. Absolute host paths. */
export const directKernelSchema = z.strictObject({
  kernel: z.string(),
  initrd: z.string().nullable(),
  append: z.string(),
});

/** What a disk hangs on: `virtio` is fast and needs a driver in the guest, `sata` is known to every guest. */
export const diskBusSchema = z.enum(['virtio', 'sata']);
export type DiskBus = z.infer<typeof diskBusSchema>;

/** How many disks a machine can be made with: each has a fixed place on its bus. */
export const maxDisks = 8;

/** `user` is QEMU's own network behind the host; `unplugged` is a card without a cable. */
export const networkModeSchema = z.enum(['user', 'none', 'unplugged']);
export type NetworkMode = z.infer<typeof networkModeSchema>;

/** A disk of a machine; `file` is the layer that is written, relative to the machine's folder. */
export const diskDefinitionSchema = z.strictObject({
  id: z.string().regex(/^disk[0-9]+$/),
  file: z.string(),
  format: z.enum(['qcow2', 'raw']),
  bus: diskBusSchema,
});
export type DiskDefinition = z.infer<typeof diskDefinitionSchema>;

/**
 * What a QEMU command line is built from: all of `machine.json` but its timeline. Memory is MiB, paths are absolute host
 * paths unless said otherwise.
 */
export const machineConfigurationSchema = z.strictObject({
  schemaVersion: z.literal(3),
  id: z.string().regex(/^[0-9a-z]{12}$/),
  name: z.string().regex(machineNamePattern),
  uuid: z.uuid(),
  createdAt: z.iso.datetime(),
  tags: z.array(z.string()),
  memoryMiB: z.int().positive(),
  cpus: z.int().positive(),
  firmware: firmwareSchema,
  accelerator: acceleratorChoiceSchema,
  /** Versioned QEMU machine type such as `pc-q35-7.2`, fixed at creation. */
  machineType: z.string(),
  disks: z.array(diskDefinitionSchema),
  /** The file with the UEFI variables, relative to the machine's folder; null with BIOS. */
  nvram: z.string().nullable(),
  /** The folder with the TPM's state, relative to the machine's folder; null for a machine without a TPM. */
  tpm: z.string().nullable(),
  /** The medium in the CD drive; every machine has the drive. */
  cdrom: z.string().nullable(),
  bootOrder: z.array(bootDeviceSchema),
  kernel: directKernelSchema.nullable(),
  network: z.strictObject({
    mode: networkModeSchema,
    mac: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
    ports: z.array(portForwardSchema),
    /** What the network boot loads: a URL, a host file (served by TFTP from its folder), or nothing. */
    bootFile: z.string().nullable(),
  }),
  /** Appended to QEMU's command line as they are. */
  extraArguments: z.array(z.string()),
});
export type MachineConfiguration = z.infer<typeof machineConfigurationSchema>;

/** `machine.json`, version 3: what a machine is, and its timeline. State is not in here: it is derived (docs/on-disk.md). */
export const machineDefinitionSchema = machineConfigurationSchema.extend({
  timeline: timelineSchema,
  /** Set of a template, which is no machine to anybody but its own operations. */
  template: templateRecordSchema.nullable(),
  throwaway: throwawayRecordSchema.nullable(),
  /** The template it was made from. */
  origin: originSchema.nullable(),
});
export type MachineDefinition = z.infer<typeof machineDefinitionSchema>;

/** Something about a machine a person should know, with the next step. */
export const problemSchema = z.strictObject({ message: z.string(), hint: z.string().optional() });
export type Problem = z.infer<typeof problemSchema>;

/** A row of the machine list. A broken machine has whatever could still be read. */
export const machineSummarySchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: machineStateSchema,
  accelerator: z.enum(['kvm', 'tcg']).nullable(),
  memoryMiB: z.int().nullable(),
  cpus: z.int().nullable(),
  tags: z.array(z.string()),
  throwaway: z.boolean(),
  /** When a throwaway with a time to live ends. */
  expiresAt: z.string().optional(),
  template: z.string().nullable(),
  createdAt: z.string().nullable(),
});
export type MachineSummary = z.infer<typeof machineSummarySchema>;

export const diskInfoSchema = z.strictObject({
  device: z.string(),
  file: z.string(),
  format: z.string(),
  virtualSize: z.int().nullable(),
  actualSize: z.int().nullable(),
  backingFile: z.string().nullable(),
  /** Why the sizes are unknown, when they are. */
  problem: z.string().nullable(),
});
export type DiskInfo = z.infer<typeof diskInfoSchema>;

/** A setting that was changed while the machine runs and counts from its next start. */
export const pendingChangeSchema = z.strictObject({ setting: z.string(), now: z.string(), next: z.string() });
export type PendingChange = z.infer<typeof pendingChangeSchema>;

export const machineInfoSchema = machineSummarySchema.extend({
  firmware: firmwareSchema.nullable(),
  pid: z.int().nullable(),
  startedAt: z.string().nullable(),
  uptimeSeconds: z.int().nullable(),
  disks: z.array(diskInfoSchema),
  networks: z.array(z.strictObject({ mode: networkModeSchema, mac: z.string(), bootFile: z.string().nullable() })),
  ports: z.array(portForwardSchema),
  addresses: z.array(z.string()),
  /** The Unix socket of the VNC server, null when the machine is not running. */
  display: z.strictObject({ type: z.literal('vnc'), path: z.string() }).nullable(),
  /** The serial line: its socket while running, and the file with all it printed since the last start. */
  serial: z.strictObject({ path: z.string().nullable(), log: z.string() }).nullable(),
  agent: z.enum(['connected', 'not-answering']).nullable(),
  folder: z.string(),
  problems: z.array(problemSchema),
  /** Why this accelerator was chosen, when there is something to say. */
  notice: z.string().nullable(),
  pending: z.array(pendingChangeSchema),
  /** The whole definition; null when broken. */
  definition: machineDefinitionSchema.nullable(),
});
export type MachineInfo = z.infer<typeof machineInfoSchema>;

/** Where a new machine comes from. All paths are absolute paths on the host. */
export const machineSourceSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('iso'), path: z.string() }),
  /** A disk image, or a whole appliance: an OVA, or an OVF with its files beside it. */
  z.strictObject({ type: z.literal('image'), path: z.string() }),
  z.strictObject({ type: z.literal('kernel'), kernel: z.string(), initrd: z.string().optional(), append: z.string().optional() }),
  z.strictObject({ type: z.literal('netboot'), bootFile: z.string().optional() }),
  z.strictObject({ type: z.literal('empty') }),
  /** A template by name or id: its disks below the machine's own, and with `start` its memory. */
  z.strictObject({ type: z.literal('template'), template: z.string() }),
]);
export type MachineSource = z.infer<typeof machineSourceSchema>;

/** What `machine.create` takes; what is left out gets a default that works. Sizes are bytes, memory is MiB. */
export const createInputSchema = z.strictObject({
  name: z.string(),
  source: machineSourceSchema,
  memoryMiB: z.number().optional(),
  cpus: z.number().optional(),
  /** Virtual size of the first disk in bytes; 0 means no such disk. */
  diskSize: z.number().optional(),
  /** Virtual sizes in bytes of further disks, which are empty at first. */
  extraDisks: z.array(z.number()).optional(),
  /** What all disks hang on; when left out, what their image was made for. */
  bus: diskBusSchema.optional(),
  /** When left out, what a disk image was made for, else `bios`. */
  firmware: firmwareSchema.optional(),
  /** Whether it has a TPM 2.0; not unless told. */
  tpm: z.boolean().optional(),
  accelerator: acceleratorChoiceSchema.optional(),
  network: z.enum(['user', 'none']).optional(),
  ports: z.array(portForwardSchema).optional(),
  tags: z.array(z.string()).optional(),
  extraArguments: z.array(z.string()).optional(),
  start: z.boolean().optional(),
});
export type CreateInput = z.infer<typeof createInputSchema>;

/** Settings that can be changed; a missing key stays as it is. */
export const settingsSchema = z.strictObject({
  name: z.string().optional(),
  memoryMiB: z.number().optional(),
  cpus: z.number().optional(),
  cdrom: z.string().nullable().optional(),
  bootOrder: z.array(bootDeviceSchema).optional(),
  accelerator: acceleratorChoiceSchema.optional(),
  ports: z.array(portForwardSchema).optional(),
  tags: z.array(z.string()).optional(),
  kernel: directKernelSchema.nullable().optional(),
  extraArguments: z.array(z.string()).optional(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** An entry of a machine's activity: what QEMU reported, in words. Times are ISO 8601. */
export const activityEntrySchema = z.strictObject({ time: z.string(), event: z.string(), text: z.string() });
export type ActivityEntry = z.infer<typeof activityEntrySchema>;
