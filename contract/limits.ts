/** Limits that the command line checks too, apart from the schemas: `bothy run` is sooner there without them. */

/** How many commands of one matrix may run at once, and on how many templates. */
export const maxParallel = 64;

/** How many clones of one template may wait for somebody. */
export const maxReady = 8;
