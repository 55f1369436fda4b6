import type { QmpClient } from '../qemu/qmp-client.ts';

/** What a running QEMU has open for one disk of the machine. */
export interface LiveDisk {
  /** The name of the node the guest's device writes to. */
  readonly node: string;
  /** The file of that node, absolute. */
  readonly file: string;
}

interface BlockInfo {
  readonly qdev?: string;
  readonly inserted?: { readonly file: string; readonly 'node-name'?: string };
}

/** The disks of a running machine by disk id, asked of QEMU: node names change with every snapshot and merge. */
export async function readLiveDisks(monitor: QmpClient): Promise<Map<string, LiveDisk>> {
  const disks = new Map<string, LiveDisk>();
  for (const { qdev, inserted } of await monitor.execute<BlockInfo[]>('query-block')) {
    const id = /\/peripheral\/(disk[0-9]+)-device(?:\/|$)/.exec(qdev ?? '')?.[1];
    const node = inserted?.['node-name'];
    if (id !== undefined && inserted !== undefined && node !== undefined) disks.set(id, { node, file: findFile(inserted.file) });
  }
  return disks;
}

interface NodeInfo {
  readonly 'node-name': string;
  readonly drv: string;
  readonly file: string;
}

/** The names of the qcow2 nodes a running QEMU has open, by absolute path of their files. */
export async function readLiveNodes(monitor: QmpClient): Promise<Map<string, string>> {
  const nodes = await monitor.execute<NodeInfo[]>('query-named-block-nodes', { flat: true });
  return new Map(nodes.filter(({ drv }) => drv === 'qcow2').map((node) => [findFile(node.file), node['node-name']]));
}

/**
 * The path in QEMU's name of an image: the path itself, or, once an image was opened otherwise than its header says,
 * `json:` and its options (QEMU's bdrv_refresh_filename).
 */
function findFile(name: string): string {
  if (!name.startsWith('json:')) return name;
  const { file } = JSON.parse(name.slice('json:'.length)) as { file?: { filename?: string } };
  return file?.filename ?? name;
}

/** Adds empty overlays to a running QEMU without using them yet; gives the node names by disk id. */
export async function addOverlayNodes(
  monitor: QmpClient,
  overlays: readonly { readonly disk: string; readonly path: string }[],
  generation: string,
): Promise<Map<string, string>> {
  const nodes = new Map<string, string>();
  for (const { disk, path } of overlays) {
    const node = `${disk}-${generation}`;
    await monitor.execute('blockdev-add', {
      driver: 'qcow2',
      'node-name': node,
      discard: 'unmap',
      backing: null,
      file: { driver: 'file', 'node-name': `${node}-file`, filename: path, discard: 'unmap' },
    });
    nodes.set(disk, node);
  }
  return nodes;
}

/** Takes nodes that nothing uses any more out of a running QEMU; those it removed by itself are passed over. */
export async function removeNodes(monitor: QmpClient, nodes: Iterable<string>): Promise<void> {
  for (const node of nodes) {
    for (const name of [node, `${node}-file`]) {
      await monitor.execute('blockdev-del', { 'node-name': name }).catch(() => {});
    }
  }
}
