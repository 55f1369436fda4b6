import { defineLifecycleCommand } from '../lifecycle.ts';

/** `bothy reset NAME...` */
export const reset = defineLifecycleCommand('machine.reset', {
  details: ['Starts the machine anew at once, as its reset button would. What the guest had not written to its disks is lost.'],
  examples: ['bothy reset demo', 'bothy reset demo test1'],
});
