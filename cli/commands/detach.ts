import { defineLifecycleCommand } from '../lifecycle.ts';

/** `bothy detach NAME...` */
export const detach = defineLifecycleCommand('machine.detach', {
  details: [
    'What a linked clone reads from other machines is copied into its own disks, also while it runs; then those can be deleted. ' +
      '`bothy info` tells whom a machine builds on, and who builds on it.',
  ],
  examples: ['bothy detach demo2'],
});
