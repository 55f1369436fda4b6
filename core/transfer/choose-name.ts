import type { Site } from '../machine/site.ts';

/** The longest name a machine can have. */
const maxLength = 63;

/** Runs `act` with a name that is free: the wish as far as it can be one, with a number if it is taken. No other face can take a name meanwhile. */
export async function chooseName<T>(site: Site, wish: string, act: (name: string) => Promise<T>): Promise<T> {
  const lock = await site.locks.acquire('names', 'name a machine', { subject: 'the list of machines' });
  try {
    return await act(findFreeName(wish, new Set(site.store.list().map(({ name }) => name))));
  } finally {
    await lock.release();
  }
}

/** Pure: letters with their marks off, everything else that a name cannot have as one dash. */
export function findFreeName(wish: string, taken: ReadonlySet<string>): string {
  const base =
    wish
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+|[-.]+$/g, '')
      .slice(0, maxLength) || 'machine';
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) {
    const name = `${base.slice(0, maxLength - String(number).length - 1)}-${number}`;
    if (!taken.has(name)) return name;
  }
}
