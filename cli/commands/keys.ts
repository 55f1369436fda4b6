import { defineCommand, machineName } from '../command.ts';

/** `bothy keys NAME KEY...` */
export const keys = defineCommand({
  operation: 'machine.keys',
  details: ['Each KEY is a key or several pressed together, joined by dashes; they are pressed one after the other.'],
  examples: ['bothy keys demo ctrl-alt-del', 'bothy keys demo down down enter'],
  positionals: [machineName, { name: 'KEY', description: 'such as enter, f2, ctrl-alt-del', isVariadic: true, complete: 'key' }],
  async run(call) {
    const [machine, ...pressed] = call.arguments;
    await call.invoke('machine.keys', { machine, keys: pressed });
    if (call.isJson) call.output.writeJson({});
    return undefined;
  },
});
