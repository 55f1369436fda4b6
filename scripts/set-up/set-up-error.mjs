/** A set-up that cannot go on: the message says why and what to do, so no stack is shown. */
export class SetUpError extends Error {}
