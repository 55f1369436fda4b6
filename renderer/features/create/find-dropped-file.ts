import type { Client } from '../../client/client.ts';

const usualFolders = ['Downloads', 'Desktop', 'isos', 'ISOs', 'Images'];

/** Finds a dropped file on the host by its name and size in the usual folders: a page is never told its path. */
export async function findDroppedFile(client: Client, file: File): Promise<string | undefined> {
  const home = await client.call.host.browse({}).catch(() => undefined);
  if (home === undefined) return undefined;
  const folders = home.entries.filter(({ kind, name }) => kind === 'folder' && usualFolders.includes(name));
  const listings = await Promise.all(folders.map(({ path }) => client.call.host.browse({ folder: path }).catch(() => undefined)));
  return [home, ...listings]
    .flatMap((listing) => listing?.entries ?? [])
    .find((entry) => entry.kind === 'file' && entry.name === file.name && entry.size === file.size)?.path;
}
