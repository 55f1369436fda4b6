import { AppError } from '../../contract/app-error.ts';
import { defineCommand, machineName } from '../command.ts';

/** `bothy display NAME` */
export const display = defineCommand({
  operation: 'machine.info',
  details: ['The display is a Unix socket that speaks VNC. Only your own user can open it, and several viewers may at once.'],
  examples: ['bothy display demo', 'socat TCP-LISTEN:5900,bind=127.0.0.1 UNIX-CONNECT:"$(bothy display demo)"'],
  positionals: [machineName],
  async run(call) {
    const machine = await call.invoke('machine.info', { machine: call.arguments[0] });
    if (machine.display === null) {
      throw new AppError('wrong-state', `“${machine.name}” is ${machine.state}: it has no display.`, {
        hint: `Start it first: bothy start ${machine.name}`,
      });
    }
    if (call.isJson) call.output.writeJson(machine.display);
    else call.output.write(`${machine.display.path}\n`);
    return undefined;
  },
});
