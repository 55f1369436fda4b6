import { choice, defineCommand } from '../command.ts';
import { buildCheckText } from '../output/image-text.ts';
import { imageArgument, imageDetails, parseImage } from '../parse/image.ts';

/** `bothy image check IMAGE` */
export const imageCheck = defineCommand({
  operation: 'image.check',
  details: [
    imageDetails,
    'What the image builds on is checked too. The exit code is 1 when anything is corrupt or cannot be read.',
    '--repair leaks gives back space that nothing uses. --repair all mends what is corrupt, as far as that is possible: on a ' +
      'copy that then takes the place of the image, while the damaged original is kept and named.',
  ],
  examples: ['bothy image check web:disk0', 'bothy image check disk.qcow2 --repair all'],
  positionals: [imageArgument],
  options: { repair: choice(['leaks', 'all'], 'what to mend') },
  async run(call, { repair }) {
    const result = await call.invoke('image.check', { image: parseImage(call.arguments[0] ?? ''), repair });
    if (call.isJson) call.output.writeJson(result);
    else call.output.write(buildCheckText(result, call.output.paint));
    if (!call.isJson && result.isInUse) {
      call.output.note('a machine writes to it at this moment: what was found may be a write that was under way');
    }
    return result.findings.some(({ status }) => status === 'corrupt' || status === 'unreadable') ? 1 : 0;
  },
});
