import { defineLifecycleCommand } from '../lifecycle.ts';

/** `bothy pause NAME...` */
export const pause = defineLifecycleCommand('machine.pause', {
  details: ['The guest stands still and uses no processor until `bothy resume`. Its memory stays in use.'],
  examples: ['bothy pause demo', 'bothy pause demo test1'],
});
