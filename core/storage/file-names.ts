/** Names inside a machine's folder and its runtime folder; docs/on-disk.md tells what each is. */
export const machineFile = {
  definition: 'machine.json',
  run: 'run.json',
  disks: 'disks',
  logs: 'logs',
  nvram: 'nvram.fd',
  tpm: 'tpm',
  tpmSocket: 'tpm.sock',
  tpmPid: 'tpm.pid',
  snapshots: 'snapshots',
  boot: 'boot',
  events: 'logs/events.jsonl',
  qemuLog: 'logs/qemu.log',
  serialLog: 'logs/serial.log',
} as const;

/** Names inside a snapshot's folder, or that of a suspended machine. */
export const savedFile = {
  facts: 'saved.json',
  memory: 'memory.state',
  nvram: 'nvram.fd',
  tpm: 'tpm',
  thumbnail: 'thumbnail.png',
} as const;

export const runtimeFile = {
  pid: 'qemu.pid',
  monitors: ['qmp-0.sock', 'qmp-1.sock'],
  vnc: 'vnc.sock',
  serial: 'serial.sock',
  agent: 'agent.sock',
  tpm: 'tpm.sock',
  /** Its presence says that a watcher may end QEMU (core/qemu/guard.ts). */
  guard: 'guard',
  /** The same of one that was handed on to somebody else than who started it. */
  heirGuard: 'guard-heir',
  /** Its presence says that the guest has yet to be told who it is (core/throwaway/identity.ts). */
  newcomer: 'newcomer',
  /** Of a spare that waits: what its guest can do (core/spare/make-spare.ts). */
  spare: 'spare.json',
  /** Where QEMU sends memory that is saved. */
  save: 'save.sock',
} as const;

/** How many commands in a guest can have their input and output carried live at the same time. */
const commandSlots = 2;

/** The channels for that, three a slot: `in0` is what a command reads, `out0` and `err0` what it writes. */
export const commandChannels = Array.from({ length: commandSlots }, (_, slot) =>
  (['in', 'out', 'err'] as const).map((kind) => ({ slot, kind, name: `${kind}${slot}`, socket: `${kind}${slot}.sock` })),
).flat();

/** What is in `machines/` and is no machine starts with these, then has the machine's id; it is a leftover once nobody holds that lock. */
export const unfinishedPrefix = {
  creating: '.creating-',
  deleting: '.deleting-',
  writing: '.writing-',
  imaging: '.imaging-',
} as const;

/** Beside `machines/`: the disks of machines that were deleted without them. */
export const keptFolder = 'kept';

/** Stands in `machines/`, followed by the machine's id, while its timeline is changed, and until what was begun is finished. */
export const timelineMarkPrefix = '.timeline-';

/** Longest name in a runtime folder, for the budget of a socket's path. */
export const longestSocketName = 'serial.sock';

/** What `sun_path` of a Unix socket holds, less the ending zero (unix(7)). */
export const maxSocketPathBytes = 107;
