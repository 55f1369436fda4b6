import { defineCommand, machineName } from '../command.ts';
import { buildInfoText } from '../output/info-text.ts';

/** `bothy info NAME` */
export const info = defineCommand({
  operation: ['machine.info', 'machine.relations'],
  details: ['`buildsOn` and `dependents` of --json are the machines whose disks this one builds on, and those that build on it.'],
  examples: ['bothy info demo', 'bothy info demo --json | jq .pid'],
  positionals: [machineName],
  async run(call) {
    const machine = await call.invoke('machine.info', { machine: call.arguments[0] });
    const relations = await call.invoke('machine.relations', { machine: machine.id });
    if (call.isJson) call.output.writeJson({ ...machine, ...relations });
    else call.output.write(buildInfoText(machine, relations, call.output.paint));
    return undefined;
  },
});
