/** Bytes as a person reads them: powers of 1024, one decimal below ten. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '-';
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const isExact = Number.isInteger(value) || value >= 10;
  return `${isExact ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** MiB as a person reads it. */
export function formatMemory(memoryMiB: number | null): string {
  return memoryMiB === null ? '-' : formatBytes(memoryMiB * 1024 * 1024);
}

/** A point in time where the person is: `2026-01-31 14:05`. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '-';
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** A length of time in its two largest units. */
export function formatDuration(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds)} s`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
