import { defineCommand, machineName } from '../command.ts';
import { buildDiskTable } from '../output/disk-table.ts';

/** `bothy disks NAME` */
export const disks = defineCommand({
  operation: 'machine.disks',
  examples: ['bothy disks demo', 'bothy disks demo --json | jq ".[].actualSize"'],
  positionals: [machineName],
  async run(call) {
    const found = await call.invoke('machine.disks', { machine: call.arguments[0] });
    if (call.isJson) call.output.writeJson(found);
    else if (found.length > 0) call.output.write(buildDiskTable(found, call.output.paint));
    else call.output.note(`“${call.arguments[0]}” has no disks`);
    return undefined;
  },
});
