import { defineCommand } from '../command.ts';
import { buildTemplateTable, listTemplateNotes } from '../output/template-table.ts';

/** `bothy template list` */
export const templateList = defineCommand({
  operation: 'template.list',
  details: [
    'START tells how a machine made of it comes up:\n' +
      '  warm      at once, from the memory in the template\n' +
      '  cold      it boots, as was wished\n' +
      '  went-cold it boots, since that memory cannot be used any more\n' +
      '  warming   it boots, until the memory is there\n' +
      '  damaged   none can be made, since a file of the template is missing or unreadable',
    'SIZE is what a template takes on disk, USED BY are the machines that read from it, FROM the machine it was made of.',
  ],
  examples: ['bothy template list', 'bothy template list --json | jq -r ".[] | select(.warmth == \\"went-cold\\") | .name"'],
  async run(call) {
    const templates = await call.invoke('template.list', {});
    const { output } = call;
    if (call.isJson) output.writeJson(templates);
    else if (templates.length === 0)
      output.note('there are no templates yet; make one with: bothy template create NAME TEMPLATE');
    else {
      output.write(buildTemplateTable(templates, output.paint));
      for (const note of listTemplateNotes(templates)) output.note(note);
    }
    return undefined;
  },
});
