import type { FolderListing } from '../../../contract/host.ts';

export type FileKind = 'iso' | 'image' | 'machine' | 'any' | 'folder';
export type FileEntry = FolderListing['entries'][number];

const endings: Record<Exclude<FileKind, 'any' | 'folder'>, RegExp> = {
  iso: /\.(iso|img|cdr)$/i,
  image: /\.(qcow2?|raw|img|vmdk|vdi|vhdx|vhd)$/i,
  machine: /\.(bothy|ova|ovf|qcow2?|raw|img|vmdk|vdi|vhdx|vhd)$/i,
};

/** Whether a file looks, by its name, like what is asked for. */
export function fitsKind(name: string, kind: FileKind): boolean {
  return kind === 'any' || (kind !== 'folder' && endings[kind].test(name));
}

/** The entries a person should see: folders first, hidden ones left out unless asked for by name, others by kind and text. */
export function listFiles(
  entries: readonly FileEntry[],
  { kind, text, isShowingAll }: { kind: FileKind; text: string; isShowingAll: boolean },
): readonly FileEntry[] {
  const wanted = text.toLowerCase();
  return entries
    .filter(({ name }) => !name.startsWith('.') || wanted.startsWith('.'))
    .filter((entry) => entry.kind === 'folder' || (kind !== 'folder' && isShowingAll) || fitsKind(entry.name, kind))
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((a, b) =>
      a.kind === b.kind ? a.name.localeCompare(b.name, undefined, { numeric: true }) : a.kind === 'folder' ? -1 : 1,
    );
}

/** The folders above a path, from the root on, each with the name to show. */
export function splitFolder(folder: string): readonly { name: string; path: string }[] {
  const parts = folder.split('/').filter(Boolean);
  return [{ name: '/', path: '/' }, ...parts.map((name, index) => ({ name, path: `/${parts.slice(0, index + 1).join('/')}` }))];
}
