import { defineCommand, flag, option, templateName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';
import { parseReadiness } from '../parse/readiness.ts';
import { parseSeconds } from '../parse/size.ts';

/** `bothy template rebuild TEMPLATE` */
export const templateRebuild = defineCommand({
  operation: 'template.rebuild',
  details: [
    'Memory that is whole and only of another QEMU is brought to the one that is here. Else the template is booted until the ' +
      'condition of --wait-for has come true, which is remembered: `agent`, `ssh` or `serial:TEXT`.',
    'Its disks stay as they are, and machines that were made of it go on. When it fails, or is ended with Ctrl+C, the template is as before.',
  ],
  examples: [
    'bothy template rebuild web-base',
    'bothy template rebuild web-base --wait-for "serial:login:"',
    'bothy template rebuild web-base --cold',
  ],
  positionals: [templateName],
  options: {
    cold: flag('throw its memory away instead: what is made of it boots'),
    waitFor: option('CONDITION', 'boot it, and freeze it when this is so', parseReadiness, 'readiness'),
    ifNeeded: flag('do nothing when its memory can be used, or it is to be cold'),
    timeout: option('SECONDS', 'how long to wait for that at most (default: 300)', parseSeconds),
  },
  async run(call, { cold, waitFor, ifNeeded, timeout }) {
    const [template = ''] = call.arguments;
    const input = { template, cold, readyWhen: waitFor, timeoutSeconds: timeout, ifNeeded };
    const made = await call.invoke('template.rebuild', input);
    if (call.isJson) call.output.writeJson(made);
    else call.output.write(`${escapeText(made.name)}: ${made.warmth} (${formatBytes(made.sizeBytes)})\n`);
    return undefined;
  },
});
