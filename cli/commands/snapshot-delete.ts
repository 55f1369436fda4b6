import { defineCommand, flag, machineName, snapshotName } from '../command.ts';
import { buildDeletePlanText, listNames } from '../output/delete-plan.ts';
import { escapeText } from '../output/escape-text.ts';
import { formatBytes } from '../output/format.ts';

/** `bothy snapshot delete NAME SNAPSHOT` */
export const snapshotDelete = defineCommand({
  operation: ['snapshot.delete', 'snapshot.plan'],
  details: [
    'What grew from it stays, and grows from its parent then. Files that nothing needs any more are removed; a layer that one ' +
      'other builds on is merged with it, also while the machine runs; what a snapshot or a clone still needs is not touched.',
    'Ctrl+C while layers are merged leaves the rest for the next time.',
  ],
  examples: [
    'bothy snapshot delete demo "before the upgrade" --dry-run',
    'bothy snapshot delete demo "before the upgrade"',
    'bothy snapshot delete demo experiment --descendants',
  ],
  positionals: [machineName, snapshotName],
  options: {
    descendants: flag('delete all that grew from it too'),
    dryRun: flag('only print what would become of which file, and how much that frees'),
  },
  async run(call, { descendants, dryRun }) {
    const [machine = '', snapshot] = call.arguments;
    const plan = await call.invoke(dryRun ? 'snapshot.plan' : 'snapshot.delete', { machine, snapshot, descendants });
    const { output } = call;
    if (call.isJson) output.writeJson(plan);
    else if (dryRun) output.write(buildDeletePlanText(plan, output.paint));
    else {
      const freed = plan.freedBytes === 0 ? '' : `, about ${formatBytes(plan.freedBytes)} freed`;
      output.write(`${escapeText(machine)}: deleted ${listNames(plan)}${freed}\n`);
    }
    return undefined;
  },
});
