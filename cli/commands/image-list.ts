import { defineCommand } from '../command.ts';
import { formatBytes } from '../output/format.ts';
import { buildImageTable } from '../output/image-table.ts';

/** `bothy image list` */
export const imageList = defineCommand({
  operation: 'image.list',
  details: [
    'ROLE tells what an image is for:\n' +
      '  present   its machine writes to it\n' +
      '  snapshot  it belongs to snapshots\n' +
      '  shared    others build on it\n' +
      '  kept      it was kept of a deleted machine\n' +
      '  orphan    nothing needs it\n' +
      '  unknown   its machine is broken',
    'USED is what a file takes on this host, SIZE what the guest sees.',
  ],
  examples: ['bothy image list', 'bothy image list --json | jq -r ".images[] | select(.role == \\"orphan\\") | .file"'],
  async run(call) {
    const list = await call.invoke('image.list', {});
    if (call.isJson) call.output.writeJson(list);
    else if (list.images.length === 0)
      call.output.note('there are no images yet; machines and their disks are made with: bothy create');
    else call.output.write(buildImageTable(list.images, call.output.paint));
    const spare = list.images.filter(({ role }) => role === 'orphan' || role === 'kept');
    if (!call.isJson && spare.length > 0) {
      const bytes = spare.reduce((sum, { actualSize }) => sum + actualSize, 0);
      call.output.note(
        `${spare.length} of no machine take ${formatBytes(bytes)}; delete what you do not need: bothy image delete FILE`,
      );
    }
    return undefined;
  },
});
