import { AppError } from '../../contract/app-error.ts';
import { maxParallel } from '../../contract/limits.ts';

/** Parses a memory size such as `2G`, `512M` or `2048` (MiB) into whole MiB. */
export function parseMemory(text: string, label: string): number {
  const bytes = parseUnits(text, 1024 ** 2);
  const memoryMiB = bytes === null ? null : bytes / 1024 ** 2;
  if (memoryMiB === null || !Number.isInteger(memoryMiB)) {
    throw new AppError('invalid-input', `${label}: “${text}” is not a memory size.`, {
      hint: 'Say it as 2G, 512M, or a number of MiB such as 2048.',
    });
  }
  return memoryMiB;
}

/** Parses a disk size such as `20G` into bytes; `0` means no disk, any other size needs its unit. */
export function parseDiskSize(text: string, label: string): number {
  const bytes = /^0+$/.test(text) ? 0 : /[a-z]$/i.test(text) ? parseUnits(text, 1) : null;
  if (bytes === null || !Number.isInteger(bytes)) {
    throw new AppError('invalid-input', `${label}: “${text}” is not a disk size.`, {
      hint: 'Say it with its unit: 20G, 800M, 1T (powers of 1024), or 0 for no disk.',
    });
  }
  return bytes;
}

/** Parses a whole number; whether it is a sensible one is for the core to say. */
export function parseInteger(text: string, label: string): number {
  if (!/^-?[0-9]{1,15}$/.test(text)) {
    throw new AppError('invalid-input', `${label}: “${text}” is not a whole number.`, { hint: 'Give digits only, such as 2.' });
  }
  return Number(text);
}

/** Parses how many things are done at once. */
export function parseParallel(text: string, label: string): number {
  const count = parseInteger(text, label);
  if (count >= 1 && count <= maxParallel) return count;
  throw new AppError('invalid-input', `${label}: ${count} at once is not possible.`, {
    hint: `Give a number from 1 to ${maxParallel}.`,
  });
}

/** Parses a number of seconds above zero. */
export function parseSeconds(text: string, label: string): number {
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  if (seconds <= 0) {
    throw new AppError('invalid-input', `${label}: “${text}” is not a number of seconds.`, {
      hint: 'Give a number above 0, such as 60 or 2.5.',
    });
  }
  return seconds;
}

/** Parses a length of time such as `90s`, `30m`, `1h` or `2d` into seconds; without a unit it is seconds. */
export function parseDuration(text: string, label: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([smhd])?$/.exec(text);
  const seconds = match === null ? 0 : Number(match[1]) * unitSeconds[(match[2] ?? 's') as keyof typeof unitSeconds];
  if (seconds <= 0) {
    throw new AppError('invalid-input', `${label}: “${text}” is not a length of time.`, {
      hint: 'Say it with its unit: 90s, 30m, 1h or 2d.',
    });
  }
  return seconds;
}

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A number with an optional unit, in bytes; null when it is not one. */
function parseUnits(text: string, factorWithoutUnit: number): number | null {
  const match = /^([0-9]+(?:\.[0-9]+)?)(?:([KMGT])(?:i?B)?)?$/i.exec(text);
  if (match === null) return null;
  const power = match[2] === undefined ? null : 'KMGT'.indexOf(match[2].toUpperCase()) + 1;
  return Number(match[1]) * (power === null ? factorWithoutUnit : 1024 ** power);
}
