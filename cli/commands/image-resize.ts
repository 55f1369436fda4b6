import { defineCommand, flag } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';
import { imageArgument, imageDetails, parseImage, parseNewSize } from '../parse/image.ts';

/** `bothy image resize IMAGE SIZE` */
export const imageResize = defineCommand({
  operation: ['image.resize', 'image.info'],
  details: [
    imageDetails,
    'The disk of a machine can grow at any time, also while it runs; its snapshots keep the size they had. The guest then ' +
      'has a larger disk, with the partitions it had. Only images of no machine can be made smaller.',
  ],
  examples: ['bothy image resize web:disk0 +10G', 'bothy image resize old.qcow2 8G --shrink'],
  positionals: [
    imageArgument,
    { name: 'SIZE', description: 'the new size, such as 40G, or how much more: +10G', complete: 'none' },
  ],
  options: {
    shrink: flag('allow a smaller size: what is at the end of the disk is cut off'),
    preallocate: flag('reserve the new space now (qcow2 and raw, not while the machine runs)'),
  },
  async run(call, options) {
    const [text = '', wanted = ''] = call.arguments;
    const image = parseImage(text);
    const size = await parseNewSize(wanted, async () => (await call.invoke('image.info', { image })).virtualSize);
    const result = await call.invoke('image.resize', { image, size, ...options });
    if (call.isJson) {
      call.output.writeJson(result);
      return undefined;
    }
    const { virtualSize, virtualSizeBefore, isLive } = result;
    const change =
      virtualSize === virtualSizeBefore
        ? `has ${formatBytes(virtualSize)} already`
        : `${formatBytes(virtualSizeBefore)} -> ${formatBytes(virtualSize)}${isLive ? ', while the machine runs' : ''}`;
    call.output.write(`${escapeText(text)}: ${change}\n`);
    return undefined;
  },
});
