import { defineCommand, flag, templateName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';

/** `bothy template delete TEMPLATE` */
export const templateDelete = defineCommand({
  operation: 'template.delete',
  details: [
    'Machines whose disks build on it need it: as long as there are some it is refused, and they are named. With --detach what they ' +
      'need is copied into their own disks first, also while they run.',
  ],
  examples: ['bothy template delete web-base', 'bothy template delete web-base --detach'],
  positionals: [templateName],
  options: { detach: flag('make the machines that build on it independent first') },
  async run(call, { detach }) {
    const result = await call.invoke('template.delete', { template: call.arguments[0], detach });
    if (call.isJson) call.output.writeJson(result);
    else call.output.write(`${escapeText(result.name)}: deleted\n`);
    return undefined;
  },
});
