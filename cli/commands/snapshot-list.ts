import { defineCommand, machineName } from '../command.ts';
import { formatBytes } from '../output/format.ts';
import { isUtf8Locale } from '../output/locale.ts';
import { buildSnapshotTree } from '../output/snapshot-tree.ts';

/** `bothy snapshot list NAME` */
export const snapshotList = defineCommand({
  operation: 'snapshot.list',
  details: [
    'The snapshots as a tree, oldest first: what stands below another in its column grew from it, other branches stand to the ' +
      'right, and `now` is where the machine is. STATE is what the machine was: of a running or paused one memory is kept too.',
    'SIZE is what a snapshot holds on disk beyond its parent. A narrow terminal gets less of each line.',
  ],
  examples: ['bothy snapshot list demo', 'bothy snapshot list demo --json | jq -r ".snapshots[].name"'],
  positionals: [machineName],
  async run(call) {
    const [machine = ''] = call.arguments;
    const timeline = await call.invoke('snapshot.list', { machine });
    const { output, environment } = call;
    if (call.isJson) {
      output.writeJson(timeline);
      return undefined;
    }
    const options = { paint: output.paint, columns: output.columns, isUnicode: isUtf8Locale(environment) };
    if (timeline.snapshots.length > 0) output.write(buildSnapshotTree(timeline, options));
    else output.note(`there are no snapshots yet; take one with: bothy snapshot create ${machine}`);
    const { layers, bytes } = timeline.unfinished;
    if (layers > 0) {
      const what = layers === 1 ? 'a layer' : `${layers} layers`;
      output.note(
        `${what} of deleted snapshots (${formatBytes(bytes)}) ${layers === 1 ? 'is' : 'are'} still to be merged: an open window, or the next deletion of a snapshot, does that`,
      );
    }
    if (timeline.problem !== null) output.note([timeline.problem.message, timeline.problem.hint ?? ''].join(' ').trim());
    return undefined;
  },
});
