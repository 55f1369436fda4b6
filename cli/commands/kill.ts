import { defineLifecycleCommand } from '../lifecycle.ts';

/** `bothy kill NAME...` */
export const kill = defineLifecycleCommand('machine.kill', {
  details: [
    'As if the plug was pulled: what the guest had not written to its disks is lost. `bothy shutdown` asks it first. The saved ' +
      'memory of a suspended machine is thrown away, and it starts afresh.',
  ],
  examples: ['bothy kill demo', 'bothy kill demo test1'],
});
