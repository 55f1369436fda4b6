import { defineCommand, flag, machineNames } from '../command.ts';
import { runEachMachine, severalNamesDetails } from '../each-machine.ts';
import { escapeText } from '../output/escape-text.ts';

/** `bothy delete NAME...` */
export const deleteCommand = defineCommand({
  operation: 'machine.delete',
  details: [
    'A running machine is refused: turn it off first. Broken machines can be deleted too, by their id.',
    severalNamesDetails,
  ],
  examples: ['bothy delete demo', 'bothy delete demo --keep-disks'],
  positionals: [machineNames],
  options: { keepDisks: flag('keep the disk files and print where they are') },
  run: (call, { keepDisks }) =>
    runEachMachine(
      call,
      (machine) => call.invoke('machine.delete', { machine, keepDisks }),
      (result) =>
        [`${result.name}: deleted`, ...result.kept.map((file) => `  kept ${file}`)]
          .map((line) => `${escapeText(line)}\n`)
          .join(''),
    ),
});
