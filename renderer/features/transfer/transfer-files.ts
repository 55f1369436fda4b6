import type { ExportFormat } from '../../../contract/transfer.ts';

/** What each kind of export is called, and what it is for. */
export const exportChoices: readonly { format: ExportFormat; title: string; text: string }[] = [
  {
    format: 'bothy',
    title: 'Whole machine (.bothy)',
    text: 'Everything in one file: disks, settings, all snapshots, and memory where there is some. Bothy brings it back as it is.',
  },
  {
    format: 'ova',
    title: 'Appliance (.ova)',
    text: 'Disks, memory size, CPUs and firmware, for VirtualBox, VMware and other programs. One state, no snapshots.',
  },
  { format: 'qcow2', title: 'Disks (.qcow2)', text: 'Only the disks, each as one image that needs no other file.' },
];

/** A file name for a machine, or for what it was in a snapshot. */
export function buildFileName(machine: string, snapshot: string | null, format: ExportFormat): string {
  const past = snapshot === null ? '' : `-${snapshot.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^-+|-+$/g, '')}`;
  return `${machine}${past}.${format}`;
}

/** The same name with the ending of another format; an ending that a person chose otherwise stays. */
export function changeEnding(name: string, format: ExportFormat): string {
  return name.replace(/\.(bothy|ova|qcow2)$/i, `.${format}`);
}

/** What is wrong with the path of a file that is to be written; null when it can be used. */
export function findPathProblem(path: string): string | null {
  if (!path.startsWith('/')) return 'Write the whole path, beginning with “/”.';
  const { name } = splitPath(path);
  if (name.trim() === '') return 'Give the file a name.';
  return name === '.' || name === '..' ? 'This is the name of a folder.' : null;
}

/** Where a file is, from its folder and its name. */
export function joinPath(folder: string, name: string): string {
  return `${folder}/${name}`;
}

/** The folder without a slash at its end, and the name. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, at)), name: path.slice(at + 1) };
}

/** Whether a file is what `import` is for, rather than a disk of a new machine. */
export function isMachineFile(path: string): boolean {
  return /\.(bothy|ova|ovf)$/i.test(path);
}

/** Whether a file, by its name, tells everything of its machine itself. */
export function isArchive(path: string): boolean {
  return /\.bothy$/i.test(path.trim());
}
