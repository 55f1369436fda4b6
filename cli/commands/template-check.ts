import { defineCommand, templateName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';

/** `bothy template check TEMPLATE` */
export const templateCheck = defineCommand({
  operation: 'template.check',
  details: [
    'Every file is read and compared with the length and checksum it had when it was made. The exit code is 1 when one is not as ' +
      'it was. Damaged memory is made anew by `bothy template rebuild TEMPLATE`; a damaged disk has to come from a backup.',
  ],
  examples: ['bothy template check web-base'],
  positionals: [templateName],
  async run(call) {
    const result = await call.invoke('template.check', { template: call.arguments[0] });
    const { output } = call;
    if (call.isJson) output.writeJson(result);
    else {
      for (const { file, bytes, problem } of result.files) {
        // Names, notes and checksums are not compared with anything.
        const fine = /(^|\/)(machine|checksums)\.json$/.test(file) ? 'readable' : 'as it was';
        const what = problem === null ? `${fine}, ${formatBytes(bytes)}` : output.paint('red', escapeText(problem));
        output.write(`${escapeText(file)}: ${what}\n`);
      }
    }
    return result.isWhole ? undefined : 1;
  },
});
