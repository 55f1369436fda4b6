import { AppError } from '../../contract/app-error.ts';
import { maxReady } from '../../contract/limits.ts';
import type { TemplateInfo } from '../../contract/template.ts';
import { defineCommand, option, templateName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';

/** `bothy template edit TEMPLATE` */
export const templateEdit = defineCommand({
  operation: 'template.edit',
  details: [
    'Machines that were made of it are not touched by this.',
    'Machines that are kept ready were started from its memory and stand still until somebody wants one, by `run`, `create --throwaway` or in the window. They are kept while a window or `bothy serve` is there, and each takes memory of its own: see `bothy template list`.',
  ],
  examples: [
    'bothy template edit web-base --name web-12',
    'bothy template edit web-base --note "nginx 1.22, no data"',
    'bothy template edit web-base --keep-ready 2',
  ],
  positionals: [templateName],
  options: {
    name: option('NEW', 'what to call it from now on', (text) => text),
    note: option('TEXT', 'what to remember about it; empty removes the note', (text) => text),
    keepReady: option('N', `how many throwaway machines to keep ready; 0 for none, at most ${maxReady}`, parseReadyCount),
  },
  async run(call, { name, note, keepReady }) {
    const [template = ''] = call.arguments;
    if (name === undefined && note === undefined && keepReady === undefined) {
      throw new AppError('invalid-input', 'There is nothing to change.', { hint: 'Give --name, --note or --keep-ready.' });
    }
    const edited = await call.invoke('template.edit', { template, name, note, keepReady });
    if (keepReady !== undefined && keepReady > 0) call.output.note(describeKeeping(edited));
    if (call.isJson) call.output.writeJson(edited);
    else if (edited.name !== template) call.output.write(`${escapeText(template)}: now called ${escapeText(edited.name)}\n`);
    else call.output.write(`${escapeText(template)}: changed\n`);
    return undefined;
  },
});

function parseReadyCount(text: string): number {
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= maxReady) return count;
  throw new AppError('usage', `“${text}” is no number of machines to keep ready.`, { hint: `Give 0 to ${maxReady}.` });
}

/** When they will be there. */
function describeKeeping({ warmth }: TemplateInfo): string {
  if (warmth !== 'warm') return 'none is kept ready before the template is warm';
  return 'they are kept ready as long as a window or `bothy serve` is there';
}
