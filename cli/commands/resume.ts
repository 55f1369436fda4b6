import { defineLifecycleCommand } from '../lifecycle.ts';

/** `bothy resume NAME...` */
export const resume = defineLifecycleCommand('machine.resume', {
  details: ['The guest goes on where `bothy pause` stopped it.'],
  examples: ['bothy resume demo', 'bothy resume demo test1'],
});
