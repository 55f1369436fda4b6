import { readFileSync } from 'node:fs';

/**
 * What a guest under KVM has seen of the host's CPU, as one line: its model and its features (proc(5), cpuinfo). Empty where the
 * kernel does not say.
 */
export function readHostCpu(): string {
  const [first = ''] = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n');
  const read = (field: string): string => new RegExp(`^${field}\\s*: (.*)$`, 'm').exec(first)?.[1]?.trim() ?? '';
  return [read('vendor_id'), read('cpu family'), read('model'), read('stepping'), read('flags')].join(' ').trim();
}
