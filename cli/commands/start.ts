import { defineCommand, machineNames } from '../command.ts';
import { runEachMachine, severalNamesDetails } from '../each-machine.ts';
import { describeStart } from '../lifecycle.ts';

/** `bothy start NAME...` */
export const start = defineCommand({
  operation: 'machine.start',
  details: [
    'Returns when the machine runs, not when its guest has booted; `bothy wait` waits for that. A suspended machine goes on where ' +
      'it was.',
    severalNamesDetails,
  ],
  examples: ['bothy start demo', 'bothy start demo && bothy console demo'],
  positionals: [machineNames],
  run: (call) =>
    runEachMachine(
      call,
      (machine) => call.invoke('machine.start', { machine }),
      (result) => describeStart(call, result),
    ),
});
