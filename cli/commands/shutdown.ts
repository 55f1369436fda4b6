import { defineLifecycleCommand } from '../lifecycle.ts';

/** `bothy shutdown NAME...` */
export const shutdown = defineLifecycleCommand('machine.shutdown', {
  details: [
    'Asks the guest, as the power button of a computer does, and returns at once: `bothy wait NAME --for off` waits for the end. A guest that does not listen is turned off with `bothy kill`.',
  ],
  examples: ['bothy shutdown demo', 'bothy shutdown demo && bothy wait demo --for off'],
});
