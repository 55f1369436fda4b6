import { defineCommand } from '../command.ts';
import { buildMachineTable } from '../output/machine-table.ts';

/** `bothy list` */
export const list = defineCommand({
  operation: 'machine.list',
  details: ['A machine whose files cannot be understood is listed as broken; `bothy info` tells why.'],
  examples: ['bothy list', 'bothy list --json | jq -r ".[] | select(.state == \\"running\\") | .name"'],
  async run(call) {
    const machines = await call.invoke('machine.list', {});
    if (call.isJson) call.output.writeJson(machines);
    else if (machines.length > 0) call.output.write(buildMachineTable(machines, call.output.paint));
    else call.output.note('there are no machines yet; make one with: bothy create NAME --from FILE.iso --start');
    return undefined;
  },
});
