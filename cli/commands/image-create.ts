import { imageFormats } from '../../contract/image.ts';
import { choice, defineCommand, flag } from '../command.ts';
import { buildResultText } from '../output/image-text.ts';
import { parsePath } from '../parse/path.ts';
import { parseDiskSize } from '../parse/size.ts';

/** `bothy image create FILE SIZE` */
export const imageCreate = defineCommand({
  operation: 'image.create',
  details: ['Without --format the ending of FILE tells it: .qcow2, .raw or .img, .vmdk, .vdi, .vhdx, .vhd.'],
  examples: ['bothy image create data.qcow2 40G', 'bothy image create swap.img 4G --preallocate'],
  positionals: [
    { name: 'FILE', description: 'the file to make', complete: 'file' },
    { name: 'SIZE', description: 'what a guest sees, such as 40G', complete: 'none' },
  ],
  options: {
    format: choice(imageFormats, 'what the image is to be'),
    preallocate: flag('reserve all of its space now (qcow2 and raw)'),
    force: flag('replace a file that is there'),
  },
  async run(call, options) {
    const [file = '', size = ''] = call.arguments;
    const image = await call.invoke('image.create', { file: parsePath(file), size: parseDiskSize(size, 'SIZE'), ...options });
    if (call.isJson) call.output.writeJson(image);
    else call.output.write(buildResultText(image));
    return undefined;
  },
});
