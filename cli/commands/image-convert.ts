import { imageFormats } from '../../contract/image.ts';
import { choice, defineCommand, flag } from '../command.ts';
import { buildResultText } from '../output/image-text.ts';
import { imageArgument, imageDetails, parseImage } from '../parse/image.ts';
import { parsePath } from '../parse/path.ts';

/** `bothy image convert IMAGE [FILE]` */
export const imageConvert = defineCommand({
  operation: 'image.convert',
  details: [
    imageDetails,
    'The new image holds all the old one and what that builds on hold, and needs neither. Without --format the ending of FILE ' +
      'tells it: .qcow2, .raw or .img, .vmdk, .vdi, .vhdx, .vhd.',
    'Without FILE a raw disk of a machine that is off becomes qcow2 in its place: then it can have snapshots.',
  ],
  examples: [
    'bothy image convert web:disk0 web.vmdk',
    'bothy image convert old.vdi new.qcow2 --compress',
    'bothy image convert web:disk0',
  ],
  positionals: [imageArgument, { name: 'FILE', description: 'the file to make', isOptional: true, complete: 'file' }],
  options: {
    format: choice(imageFormats, 'what the new image is to be'),
    compress: flag('make it smaller, which takes longer (qcow2)'),
    force: flag('replace a file that is there'),
  },
  async run(call, options) {
    const [text = '', file] = call.arguments;
    const to = file === undefined ? undefined : parsePath(file);
    const image = await call.invoke('image.convert', { image: parseImage(text), to, ...options });
    if (call.isJson) call.output.writeJson(image);
    else call.output.write(buildResultText(image));
    if (!call.isJson) for (const notice of image.notices) call.output.note(notice);
    return undefined;
  },
});
