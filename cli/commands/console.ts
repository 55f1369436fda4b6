import { AppError } from '../../contract/app-error.ts';
import { defineCommand, machineName, option } from '../command.ts';
import { lookAfterThrowaways } from '../look-after-throwaways.ts';
import { parseSeconds } from '../parse/size.ts';

/** `bothy console NAME` */
export const consoleCommand = defineCommand({
  operation: { none: 'it opens the byte stream itself; the contract has `console.ticket` for faces across a socket' },
  details: [
    'First what the line printed lately, then what it prints from now on, across restarts of the machine. Ctrl+] leaves.',
    'With a pipe or a file as input, that is typed as it is, and the command ends when the line has been quiet for the time ' +
      'of --linger after the end of the input. The machine goes on in any case.',
  ],
  examples: ['bothy console demo', 'echo "uname -r" | bothy console demo', 'bothy console demo < /dev/null | tail'],
  positionals: [machineName],
  options: { linger: option('SECONDS', 'quiet time that ends a console whose input has ended (default: 1)', parseSeconds) },
  hasJson: false,
  async run(call, { linger }) {
    const { attachSerial } = await import('../serial-terminal.ts');
    const [machine = ''] = call.arguments;
    const info = await call.invoke('machine.info', { machine });
    const isTerminal = process.stdin.isTTY === true;
    if (!isTerminal && !['running', 'starting', 'paused'].includes(info.state)) {
      throw new AppError('wrong-state', `“${info.name}” is ${info.state}: nobody would read what is typed.`, {
        hint: `Start it first: bothy start ${info.name}`,
      });
    }
    const stream = await (await call.core()).consoles.open(info.id, 'serial');
    if (isTerminal) {
      const state = info.state === 'running' ? '' : ` It is ${info.state}; what it prints later appears here.`;
      call.output.note(`the serial line of “${info.name}”. Ctrl+] leaves.${state}`);
    }
    const stopLooking = info.throwaway ? await lookAfterThrowaways(call) : undefined;
    await attachSerial({
      stream,
      input: process.stdin,
      output: process.stdout,
      signal: call.signal,
      lingerMs: (linger ?? 1) * 1000,
    }).finally(stopLooking);
    if (isTerminal) call.output.writeError('\r\n');
    call.signal.throwIfAborted();
    return undefined;
  },
});
