import { AppError } from '../../contract/app-error.ts';
import { askChoice, canAsk } from '../ask-choice.ts';
import type { Call } from '../call.ts';
import { defineCommand, flag, machineName, option, snapshotName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';

/** `bothy snapshot restore NAME SNAPSHOT` */
export const snapshotRestore = defineCommand({
  operation: 'snapshot.restore',
  details: [
    'The machine becomes what it was: one that ran then runs on from there. A present that is in no snapshot is never lost ' +
      'without a word: on a terminal the command asks, elsewhere it refuses unless one of --keep and --discard is given.',
  ],
  examples: [
    'bothy snapshot restore demo "before the upgrade"',
    'bothy snapshot restore demo clean --keep-as "as of monday"',
    'bothy snapshot restore demo clean --discard',
  ],
  positionals: [machineName, snapshotName],
  options: {
    keep: flag('keep the present in a snapshot first'),
    keepAs: option('SNAPSHOT', 'the same, and what to call it', (text) => text),
    discard: flag('throw the present away'),
  },
  async run(call, { keep, keepAs, discard }) {
    const [machine = '', snapshot = ''] = call.arguments;
    const isKept = keep || keepAs !== undefined;
    if (isKept && discard) {
      throw new AppError('usage', '--keep and --discard cannot be given together.', { hint: 'Give one of them.' });
    }
    const present = isKept
      ? 'keep'
      : discard
        ? 'discard'
        : canAsk(call)
          ? await askAboutPresent(call, machine, snapshot)
          : undefined;
    const restored = await call.invoke('snapshot.restore', { machine, snapshot, present, keepAs });
    if (call.isJson) call.output.writeJson(restored);
    else call.output.write(`${escapeText(restored.name)}: restored “${escapeText(snapshot)}”, ${restored.state}\n`);
    return undefined;
  },
});

/** Undefined when there is nothing to lose, or nothing to restore. */
async function askAboutPresent(call: Call, machine: string, snapshot: string): Promise<'keep' | 'discard' | undefined> {
  const { isPresentChanged, presentBytes, snapshots, current } = await call.invoke('snapshot.list', { machine });
  const isThere = snapshots.some(({ id, name }) => name === snapshot || id.startsWith(snapshot));
  if (!isThere || !isPresentChanged) return undefined;
  const origin = snapshots.find(({ id }) => id === current);
  const what = origin === undefined ? 'is in no snapshot' : `has changed since “${origin.name}”`;
  call.output.writeError(
    `${escapeText(`What “${machine}” is now ${what} (${formatBytes(presentBytes)} on disk).`)}
  keep     take a snapshot of it first
  discard  lose it for good
  cancel   leave everything as it is
`,
  );
  const answer = await askChoice(call, 'What shall become of it?', ['keep', 'discard', 'cancel']);
  if (answer === 'cancel') throw new AppError('cancelled', 'Cancelled; nothing was changed.');
  return answer;
}
