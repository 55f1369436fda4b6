import { defineCommand } from '../command.ts';
import { buildImageText } from '../output/image-text.ts';
import { imageArgument, imageDetails, parseImage } from '../parse/image.ts';

/** `bothy image info IMAGE` */
export const imageInfo = defineCommand({
  operation: 'image.info',
  details: [
    imageDetails,
    'It may be in use. An image from outside that names other files is shown with a warning; those are not opened.',
  ],
  examples: ['bothy image info web:disk0', 'bothy image info download.qcow2 --json | jq .virtualSize'],
  positionals: [imageArgument],
  async run(call) {
    const info = await call.invoke('image.info', { image: parseImage(call.arguments[0] ?? '') });
    if (call.isJson) call.output.writeJson(info);
    else call.output.write(buildImageText(info, call.output.paint));
    if (!call.isJson && info.warning !== null) call.output.note(info.warning);
    return undefined;
  },
});
