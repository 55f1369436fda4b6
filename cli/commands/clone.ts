import { defineCommand, flag, machineName, option } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';

/** `bothy clone NAME NEW` */
export const clone = defineCommand({
  operation: 'machine.clone',
  details: [
    'A linked clone is there at once: it writes to disks of its own and reads the rest from the original, which cannot be deleted ' +
      'as long as it does; `bothy detach` ends that. A full clone is a copy that needs nothing of the original; ' +
      'one of a throwaway machine always is.',
    'A clone is off, and has its own id, UUID and MAC address. It has no port forwards, which two machines cannot share.',
  ],
  examples: [
    'bothy clone demo demo2 && bothy start demo2',
    'bothy clone demo demo2 --full',
    'bothy clone demo old --snapshot "before the upgrade"',
  ],
  positionals: [machineName, { name: 'NEW', description: 'what to call the clone', complete: 'none' }],
  options: {
    full: flag('copy the disks, so that it needs nothing of the original'),
    snapshot: option('SNAPSHOT', 'start from this snapshot, not from the present', (text) => text, 'snapshot'),
  },
  async run(call, { full, snapshot }) {
    const [machine = '', name] = call.arguments;
    const made = await call.invoke('machine.clone', { machine, name, snapshot, full });
    if (call.isJson) call.output.writeJson(made);
    else {
      const kind = full ? 'a copy of' : 'a linked clone of';
      const of = snapshot === undefined ? '' : ` as of “${escapeText(snapshot)}”`;
      call.output.write(`${escapeText(made.name)}: ${kind} ${escapeText(machine)}${of}\n`);
    }
    return undefined;
  },
});
