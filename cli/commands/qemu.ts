import { defineCommand, machineName } from '../command.ts';

/** `bothy qemu NAME` */
export const qemu = defineCommand({
  operation: 'machine.qemu',
  details: ['The command line of the running process, or else that of the next start, quoted for a shell. Nothing is run.'],
  examples: ['bothy qemu demo', 'bothy qemu demo --json | jq -r ".argv[]"'],
  positionals: [machineName],
  async run(call) {
    const result = await call.invoke('machine.qemu', { machine: call.arguments[0] });
    if (call.isJson) call.output.writeJson(result);
    else call.output.write(`${result.shell}\n`);
    return undefined;
  },
});
