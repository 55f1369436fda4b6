import { defineCommand, flag, machineName, option } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';
import { parseReadiness } from '../parse/readiness.ts';
import { parseSeconds } from '../parse/size.ts';

/** `bothy template create NAME TEMPLATE` */
export const templateCreate = defineCommand({
  operation: 'template.create',
  details: [
    'A template is what throwaway machines are made of: `bothy run TEMPLATE`. The machine it is made of goes on as before. A linked ' +
      'template reads from the disks of that machine, which cannot be deleted then; a full one has a copy, and one of a throwaway machine always has.',
    'With --warm its memory is in it too, and what is made of it goes on from there at once instead of booting: of a machine that is ' +
      'on or suspended, or of a snapshot with memory, it is the memory of that moment. Of one that is off it is what a boot has when ' +
      'the condition of --wait-for has come true: `agent` (the guest agent answers), `ssh` (its SSH server answers) or ' +
      '`serial:TEXT` (the serial line printed TEXT).',
  ],
  examples: [
    'bothy template create web web-base --warm',
    'bothy template create web web-base --warm --wait-for agent --full',
    'bothy template create web clean --snapshot "before the upgrade" --note "nginx, no data"',
  ],
  positionals: [machineName, { name: 'TEMPLATE', description: 'what to call the template', complete: 'none' }],
  options: {
    warm: flag('with memory, so that what is made of it starts at once'),
    waitFor: option('CONDITION', 'when a boot counts as ready', parseReadiness, 'readiness'),
    timeout: option('SECONDS', 'how long to wait for that at most (default: 300)', parseSeconds),
    snapshot: option('SNAPSHOT', 'of this snapshot, not of the present', (text) => text, 'snapshot'),
    full: flag('copy the disks, so that it needs nothing of the machine'),
    note: option('TEXT', 'what to remember about it', (text) => text),
  },
  async run(call, { warm, waitFor, timeout, snapshot, full, note }) {
    const [machine = '', name] = call.arguments;
    const made = await call.invoke('template.create', {
      ...{ machine, name, warm, snapshot, full, note },
      ...{ readyWhen: waitFor, timeoutSeconds: timeout },
    });
    if (call.isJson) call.output.writeJson(made);
    else {
      const of = snapshot === undefined ? escapeText(machine) : `${escapeText(machine)} as of “${escapeText(snapshot)}”`;
      const kind = made.warmth === 'warm' ? 'a warm template' : 'a template';
      call.output.write(`${escapeText(made.name)}: ${kind} of ${of} (${formatBytes(made.sizeBytes)})\n`);
    }
    return undefined;
  },
});
