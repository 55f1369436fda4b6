const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size for a sentence: `512 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || value >= 10 ? String(Math.ceil(value)) : value.toFixed(1);
  return `${text} ${units[unit]}`;
}
