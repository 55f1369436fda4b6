import { defineCommand, machineNames, option } from '../command.ts';
import { runEachMachine, severalNamesDetails } from '../each-machine.ts';
import { describeState } from '../lifecycle.ts';
import { parseSeconds } from '../parse/size.ts';

/** `bothy reboot NAME...` */
export const reboot = defineCommand({
  operation: 'machine.reboot',
  details: ['Asks the guest to shut down, waits for that, and starts the machine again.', severalNamesDetails],
  examples: ['bothy reboot demo', 'bothy reboot demo --timeout 120'],
  positionals: [machineNames],
  options: { timeout: option('SECONDS', 'how long the guest may take to shut down', parseSeconds) },
  run: (call, { timeout }) =>
    runEachMachine(call, (machine) => call.invoke('machine.reboot', { machine, timeoutSeconds: timeout }), describeState),
});
