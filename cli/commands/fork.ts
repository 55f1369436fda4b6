import { defineCommand, machineName } from '../command.ts';
import { escapeText } from '../output/escape-text.ts';

/** `bothy fork NAME [NEW]` */
export const fork = defineCommand({
  operation: 'machine.fork',
  details: [
    'A fork goes on from the same moment as its original, memory included; both go on. The original pauses for an ' +
      'instant. A paused machine has a paused fork; a suspended one stays suspended, and its fork goes on.',
    'The fork has its own id, UUID and MAC address, and no port forwards, which two machines cannot share. With a guest agent its ' +
      'guest is told its new name and address. Its disks build on those of the original; `bothy detach` ends that.',
    'The fork of a throwaway is a normal machine: it stays, with a copy of what the throwaway wrote to its disks.',
  ],
  examples: ['bothy fork demo', 'bothy fork demo what-if && bothy console what-if'],
  positionals: [
    machineName,
    { name: 'NEW', description: 'what to call the fork (default: NAME-fork)', isOptional: true, complete: 'none' },
  ],
  async run(call) {
    const [machine = '', name] = call.arguments;
    const { machine: made, pausedMs } = await call.invoke('machine.fork', { machine, name });
    if (call.isJson) call.output.writeJson({ ...made, pausedMs });
    else {
      const pause = pausedMs === null ? '' : `; ${escapeText(machine)} paused for ${Math.round(pausedMs)} ms`;
      call.output.write(`${escapeText(made.name)}: a fork of ${escapeText(machine)}, ${made.state}${pause}\n`);
    }
    return undefined;
  },
});
