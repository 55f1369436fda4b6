import { AppError } from '../../contract/app-error.ts';
import { defineCommand, machineName, option, snapshotName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';

/** `bothy snapshot edit NAME SNAPSHOT` */
export const snapshotEdit = defineCommand({
  operation: 'snapshot.edit',
  examples: [
    'bothy snapshot edit demo "Snapshot 1" --name clean',
    'bothy snapshot edit demo clean --note "all updates of november"',
  ],
  positionals: [machineName, snapshotName],
  options: {
    name: option('SNAPSHOT', 'its new name', (text) => text),
    note: option('TEXT', 'its new note; empty for none', (text) => text),
  },
  async run(call, { name, note }) {
    const [machine = '', snapshot = ''] = call.arguments;
    if (name === undefined && note === undefined) {
      throw new AppError('usage', 'Nothing to change was given.', { hint: 'Add --name SNAPSHOT, --note TEXT, or both.' });
    }
    const timeline = await call.invoke('snapshot.edit', { machine, snapshot, name, note });
    if (call.isJson) call.output.writeJson(timeline);
    else {
      const now = name === undefined || name === snapshot ? '' : `, now “${escapeText(name)}”`;
      call.output.write(`${escapeText(machine)}: changed “${escapeText(snapshot)}”${now}\n`);
    }
    return undefined;
  },
});
