import { machineNamePattern } from '../../contract/machine.ts';

/** A free machine name made from a file's name, or from `machine` when there is none. */
export function suggestName(path: string | null, taken: ReadonlySet<string>): string {
  const file = path?.split('/').pop() ?? '';
  const stem = file
    .replace(/\.(iso|img|qcow2|raw|vmdk|vdi|vhdx|bin|efi)$/i, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/[._-]+$/, '')
    .toLowerCase()
    .slice(0, 40);
  const base = machineNamePattern.test(stem) ? stem : 'machine';
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}

/** What is wrong with a machine name, in words; null when it can be used. */
export function findNameProblem(name: string, taken: ReadonlySet<string>): string | null {
  if (name === '') return 'Give the machine a name.';
  if (name.length > 63) return `A name has at most 63 characters; this one has ${name.length}.`;
  if (!/^[A-Za-z0-9]/.test(name)) return 'A name starts with a letter or a digit.';
  const odd = /[^A-Za-z0-9._-]/u.exec(name)?.[0];
  if (odd !== undefined)
    return `${odd === ' ' ? 'A space' : `“${odd}”`} cannot be in a name: use letters, digits, dots, dashes and underscores.`;
  if (!machineNamePattern.test(name)) return 'Use letters, digits, dots, dashes and underscores.';
  if (taken.has(name)) return 'Another machine has this name.';
  return null;
}
