import { defineLifecycleCommand } from '../lifecycle.ts';

/** `bothy suspend NAME...` */
export const suspend = defineLifecycleCommand('machine.suspend', {
  details: [
    'Memory goes to disk and the machine is off, with all its programs as they were: `bothy start` goes on from there, also after ' +
      'the host was restarted. `bothy kill` throws the saved memory away.',
  ],
  examples: ['bothy suspend demo', 'bothy suspend demo && bothy start demo'],
});
