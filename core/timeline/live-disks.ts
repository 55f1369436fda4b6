import type { QmpClient } from '../qemu/qmp-client.ts';

/** What a running QEMU has open for one disk of the machine. */
export interface LiveDisk {
  /** The name of the node the guest's device writes to. */
  readonly node: string;
  /** The file of that node, absolute. */
  readonly file: string;
}

/** The disks of a running machine by disk id, asked of QEMU: node names change with every snapshot and merge. */
export async function readLiveDisks(monitor: QmpClient): Promise<Map<string, LiveDisk>> {
  const files = await readNodeFiles(monitor);
  const disks = new Map<string, LiveDisk>();
  for (const { qdev, inserted } of await monitor.execute<BlockInfo[]>('query-block')) {
    const id = /\/peripheral\/(disk[0-9]+)-device(?:\/|$)/.exec(qdev ?? '')?.[1];
    const node = inserted?.['node-name'];
    const file = node === undefined ? undefined : files.get(node);
    if (id !== undefined && node !== undefined && file !== undefined) disks.set(id, { node, file });
  }
  return disks;
}

/** The names of the nodes a running QEMU has open, by absolute path of their files. */
export async function readLiveNodes(monitor: QmpClient): Promise<Map<string, string>> {
  return new Map([...(await readNodeFiles(monitor))].map(([node, file]) => [file, node]));
}

interface BlockInfo {
  readonly qdev?: string;
  readonly inserted?: { readonly 'node-name'?: string };
}

interface NodeInfo {
  readonly 'node-name': string;
  readonly drv: string;
  readonly file: string;
}

interface BlockGraph {
  readonly nodes: readonly { readonly id: number; readonly name: string }[];
  readonly edges: readonly { readonly parent: number; readonly child: number; readonly name: string }[];
}

/**
 * The file under each format node. QEMU's own name of an image cannot be used: once an image was opened otherwise than its
 * header says, that is `json:` with all its chain in it, cut at 4095 bytes. The names of its protocol nodes are plain paths.
 */
async function readNodeFiles(monitor: QmpClient): Promise<Map<string, string>> {
  const infos = await monitor.execute<NodeInfo[]>('query-named-block-nodes', { flat: true });
  const { nodes, edges } = await monitor.execute<BlockGraph>('x-debug-query-block-graph');
  const paths = new Map(infos.filter(({ drv }) => drv === 'file').map((info) => [info['node-name'], info.file]));
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const files = new Map<string, string>();
  for (const { parent, child, name } of edges) {
    const node = names.get(parent);
    const path = paths.get(names.get(child) ?? '');
    if (name === 'file' && node !== undefined && node !== '' && path !== undefined) files.set(node, path);
  }
  return files;
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

/** Takes out all overlays of ours that no disk and no other node uses: a killed process may have left them, each keeping those below it busy. */
export async function removeIdleNodes(monitor: QmpClient): Promise<void> {
  for (let isGone = true; isGone; ) {
    isGone = false;
    for (const info of await monitor.execute<NodeInfo[]>('query-named-block-nodes', { flat: true })) {
      const node = info['node-name'];
      if (!/^disk[0-9]+(-[0-9a-z]{8})?$/.test(node)) continue;
      isGone ||= await monitor.execute('blockdev-del', { 'node-name': node }).then(
        () => true,
        () => false,
      );
      if (isGone) await monitor.execute('blockdev-del', { 'node-name': `${node}-file` }).catch(() => {});
    }
  }
}
