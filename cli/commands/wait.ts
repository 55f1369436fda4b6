import { defineCommand, machineName, option } from '../command.ts';
import { parseSeconds } from '../parse/size.ts';

/** `bothy wait NAME --for CONDITION` */
export const wait = defineCommand({
  operation: 'machine.wait',
  details: [
    'CONDITION is `running`, `off`, `agent` (the guest agent answers), `ssh` (a forwarded port 22 answers) or `serial:TEXT` ' +
      '(the serial line printed TEXT since the last start). When the time is over, the exit code is 124.',
  ],
  examples: ['bothy wait demo --for off', 'bothy wait demo --for "serial:login:" --timeout 300'],
  positionals: [machineName],
  options: {
    for: { ...option('CONDITION', 'what to wait for', (text) => text, 'condition'), isRequired: true },
    timeout: option('SECONDS', 'how long to wait at most (default: 60)', parseSeconds),
  },
  async run(call, options) {
    const input = { machine: call.arguments[0], for: options.for, timeoutSeconds: options.timeout ?? 60 };
    const result = await call.invoke('machine.wait', input);
    if (call.isJson) call.output.writeJson(result);
    return undefined;
  },
});
