import { defineCommand } from '../command.ts';
import { buildCompactText } from '../output/image-text.ts';
import { imageArgument, imageDetails, parseImage } from '../parse/image.ts';

/** `bothy image compact IMAGE` */
export const imageCompact = defineCommand({
  operation: 'image.compact',
  details: [
    imageDetails,
    'The image is written anew without the space it does not need, and then takes its own place: until then the new copy ' +
      'needs room too. Machines that use it must be off. Inside the guest, `fstrim -a` first tells what is not needed.',
  ],
  examples: ['bothy image compact web:disk0'],
  positionals: [imageArgument],
  async run(call) {
    const result = await call.invoke('image.compact', { image: parseImage(call.arguments[0] ?? '') });
    if (call.isJson) call.output.writeJson(result);
    else call.output.write(buildCompactText(result));
    return undefined;
  },
});
