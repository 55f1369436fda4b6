import { randomBytes, randomInt } from 'node:crypto';

/** The id of a new machine: 12 digits and lower-case letters. */
export function makeMachineId(): string {
  return [...randomBytes(12)].map((byte) => '0123456789abcdefghijklmnopqrstuv'[byte % 32]).join('');
}

/** A network card's address in the range QEMU's own are in (52:54:00). */
export function makeMac(): string {
  return ['52', '54', '00', ...[0, 0, 0].map(() => randomInt(256).toString(16).padStart(2, '0'))].join(':');
}
