import type { Command } from './command.ts';

/** A row of the table: enough for `bothy --help`; the rest is loaded when the command is used. */
export interface CommandEntry {
  readonly summary: string;
  load(): Promise<Command>;
}

/** Commands by name. A name of two words, such as `snapshot create`, makes its first word a group. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/** Every command, in the order in which help lists them. */
export const commandTable: CommandTable = {
  create: { summary: 'make a machine', load: async () => (await import('./commands/create.ts')).create },
  list: { summary: 'list the machines', load: async () => (await import('./commands/list.ts')).list },
  info: { summary: 'show everything about a machine', load: async () => (await import('./commands/info.ts')).info },
  disks: { summary: "list a machine's disks", load: async () => (await import('./commands/disks.ts')).disks },
  display: {
    summary: "print where a machine's VNC display is",
    load: async () => (await import('./commands/display.ts')).display,
  },
  start: { summary: 'start machines', load: async () => (await import('./commands/start.ts')).start },
  shutdown: { summary: 'ask machines to shut down', load: async () => (await import('./commands/shutdown.ts')).shutdown },
  reboot: { summary: 'ask machines to reboot', load: async () => (await import('./commands/reboot.ts')).reboot },
  reset: { summary: 'press the reset button of machines', load: async () => (await import('./commands/reset.ts')).reset },
  suspend: {
    summary: 'save the memory of machines to disk and turn them off',
    load: async () => (await import('./commands/suspend.ts')).suspend,
  },
  pause: { summary: 'freeze running machines', load: async () => (await import('./commands/pause.ts')).pause },
  resume: { summary: 'let paused machines go on', load: async () => (await import('./commands/resume.ts')).resume },
  kill: { summary: 'turn machines off at once', load: async () => (await import('./commands/kill.ts')).kill },
  delete: { summary: 'delete machines and their disks', load: async () => (await import('./commands/delete.ts')).deleteCommand },
  clone: { summary: 'make a new machine of one', load: async () => (await import('./commands/clone.ts')).clone },
  detach: {
    summary: 'make linked clones independent',
    load: async () => (await import('./commands/detach.ts')).detach,
  },
  fork: {
    summary: 'duplicate a machine with its memory',
    load: async () => (await import('./commands/fork.ts')).fork,
  },
  keep: {
    summary: 'make a throwaway a machine that stays',
    load: async () => (await import('./commands/keep.ts')).keep,
  },
  'snapshot list': {
    summary: 'show the snapshots of a machine as a tree',
    load: async () => (await import('./commands/snapshot-list.ts')).snapshotList,
  },
  'snapshot create': {
    summary: 'take a snapshot of a machine',
    load: async () => (await import('./commands/snapshot-create.ts')).snapshotCreate,
  },
  'snapshot restore': {
    summary: 'make a machine what it was at a snapshot',
    load: async () => (await import('./commands/snapshot-restore.ts')).snapshotRestore,
  },
  'snapshot edit': {
    summary: 'rename a snapshot or change its note',
    load: async () => (await import('./commands/snapshot-edit.ts')).snapshotEdit,
  },
  'snapshot delete': {
    summary: 'delete a snapshot',
    load: async () => (await import('./commands/snapshot-delete.ts')).snapshotDelete,
  },
  'template list': {
    summary: 'list the templates',
    load: async () => (await import('./commands/template-list.ts')).templateList,
  },
  'template create': {
    summary: 'make a template of a machine',
    load: async () => (await import('./commands/template-create.ts')).templateCreate,
  },
  'template rebuild': {
    summary: 'warm a template again',
    load: async () => (await import('./commands/template-rebuild.ts')).templateRebuild,
  },
  'template edit': {
    summary: 'change a template’s name, its note, or how many machines are kept ready',
    load: async () => (await import('./commands/template-edit.ts')).templateEdit,
  },
  'template check': {
    summary: 'look for damage in the files of a template',
    load: async () => (await import('./commands/template-check.ts')).templateCheck,
  },
  'template delete': {
    summary: 'delete a template',
    load: async () => (await import('./commands/template-delete.ts')).templateDelete,
  },
  export: { summary: 'write a machine to a file', load: async () => (await import('./commands/export.ts')).exportCommand },
  import: { summary: 'make a machine of a file', load: async () => (await import('./commands/import.ts')).importCommand },
  console: { summary: "use a machine's serial line", load: async () => (await import('./commands/console.ts')).consoleCommand },
  run: {
    summary: 'run a command in a throwaway machine',
    load: async () => (await import('./commands/run.ts')).run,
  },
  exec: { summary: 'run a command in a machine', load: async () => (await import('./commands/exec.ts')).exec },
  copy: {
    summary: 'copy files into or out of a machine',
    load: async () => (await import('./commands/copy.ts')).copy,
  },
  screenshot: {
    summary: "save a picture of a machine's screen",
    load: async () => (await import('./commands/screenshot.ts')).screenshot,
  },
  type: { summary: 'type text on the keyboard of a machine', load: async () => (await import('./commands/type.ts')).type },
  keys: { summary: 'press keys on the keyboard of a machine', load: async () => (await import('./commands/keys.ts')).keys },
  wait: { summary: 'wait until a machine is so far', load: async () => (await import('./commands/wait.ts')).wait },
  stats: {
    summary: 'show what a machine uses',
    load: async () => (await import('./commands/stats.ts')).stats,
  },
  set: { summary: "change a machine's settings", load: async () => (await import('./commands/set.ts')).set },
  qemu: { summary: 'print the QEMU command line of a machine', load: async () => (await import('./commands/qemu.ts')).qemu },
  'image list': {
    summary: 'list the disk images and what each is for',
    load: async () => (await import('./commands/image-list.ts')).imageList,
  },
  'image info': {
    summary: 'show everything about an image',
    load: async () => (await import('./commands/image-info.ts')).imageInfo,
  },
  'image create': { summary: 'make an empty image', load: async () => (await import('./commands/image-create.ts')).imageCreate },
  'image resize': {
    summary: 'change the size of an image',
    load: async () => (await import('./commands/image-resize.ts')).imageResize,
  },
  'image convert': {
    summary: 'copy an image into another format',
    load: async () => (await import('./commands/image-convert.ts')).imageConvert,
  },
  'image check': {
    summary: 'look for damage in an image, and repair it',
    load: async () => (await import('./commands/image-check.ts')).imageCheck,
  },
  'image compact': {
    summary: 'give back the space an image does not need',
    load: async () => (await import('./commands/image-compact.ts')).imageCompact,
  },
  'image delete': {
    summary: 'delete an image that nothing needs',
    load: async () => (await import('./commands/image-delete.ts')).imageDelete,
  },
  doctor: { summary: 'check what this host can do', load: async () => (await import('./commands/doctor.ts')).doctor },
  serve: { summary: 'open the window in a browser', load: async () => (await import('./commands/serve.ts')).serve },
  completion: {
    summary: 'print the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
};
