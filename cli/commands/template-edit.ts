import { AppError } from '../../contract/app-error.ts';
import { defineCommand, option, templateName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';

/** `bothy template edit TEMPLATE` */
export const templateEdit = defineCommand({
  operation: 'template.edit',
  details: ['Machines that were made of it are not touched by this.'],
  examples: ['bothy template edit web-base --name web-12', 'bothy template edit web-base --note "nginx 1.22, no data"'],
  positionals: [templateName],
  options: {
    name: option('NEW', 'what to call it from now on', (text) => text),
    note: option('TEXT', 'what to remember about it; empty removes the note', (text) => text),
  },
  async run(call, { name, note }) {
    const [template = ''] = call.arguments;
    if (name === undefined && note === undefined) {
      throw new AppError('invalid-input', 'There is nothing to change.', { hint: 'Give --name or --note.' });
    }
    const edited = await call.invoke('template.edit', { template, name, note });
    if (call.isJson) call.output.writeJson(edited);
    else if (edited.name !== template) call.output.write(`${escapeText(template)}: now called ${escapeText(edited.name)}\n`);
    else call.output.write(`${escapeText(template)}: changed\n`);
    return undefined;
  },
});
