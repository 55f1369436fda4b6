import { defineCommand, machineName } from '../command.ts';

/** `bothy type NAME TEXT` */
export const type = defineCommand({
  operation: 'machine.type',
  details: ['The text is typed on a US keyboard. A line break in it presses Enter; `bothy keys` presses anything else.'],
  examples: ['bothy type demo root && bothy keys demo enter', "bothy type demo $'root\\n'"],
  positionals: [machineName, { name: 'TEXT', description: 'what to type', complete: 'none' }],
  async run(call) {
    const [machine, text] = call.arguments;
    await call.invoke('machine.type', { machine, text });
    if (call.isJson) call.output.writeJson({});
    return undefined;
  },
});
