import { defineCommand } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';
import { imageArgument, parseImage } from '../parse/image.ts';

/** `bothy image delete IMAGE` */
export const imageDelete = defineCommand({
  operation: 'image.delete',
  details: ['Only what no machine needs can be deleted: images that `bothy image list` calls orphan or kept.'],
  examples: ['bothy image delete ~/.local/share/bothy/kept/web-k3v9x0a1b2c3/disk0.qcow2'],
  positionals: [{ ...imageArgument, description: 'a file that nothing needs' }],
  async run(call) {
    const result = await call.invoke('image.delete', { image: parseImage(call.arguments[0] ?? '') });
    if (call.isJson) call.output.writeJson(result);
    else call.output.write(`${escapeText(result.file)}: deleted, ${formatBytes(result.freedBytes)} freed\n`);
    return undefined;
  },
});
