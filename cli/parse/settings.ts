import { AppError } from '../../contract/app-error.ts';
import { parsePath } from './path.ts';
import { parsePort } from './port.ts';
import { parseInteger, parseMemory } from './size.ts';
import { parseWords } from './words.ts';

/** What `set` understands: each key, what its value looks like, and what it changes. */
export const settingKeys = [
  { key: 'name', value: 'NAME', description: 'what the machine is called' },
  { key: 'memory', value: 'SIZE', description: 'memory, such as 2G or 2048 (MiB)' },
  { key: 'cpus', value: 'N', description: 'number of processors' },
  { key: 'cdrom', value: 'FILE', description: 'medium in the CD drive; empty or none ejects it' },
  { key: 'boot', value: 'DEVICES', description: 'boot order, such as disk,cdrom,network' },
  { key: 'accelerator', value: 'auto|kvm|tcg', description: 'how the processor is run' },
  { key: 'ports', value: 'PORTS', description: 'port forwards, such as 2222:22,5353:53/udp; empty for none' },
  { key: 'tags', value: 'TAGS', description: 'tags, such as web,test; empty for none' },
  { key: 'kernel', value: 'FILE', description: 'kernel to boot directly; empty or none for firmware' },
  { key: 'initrd', value: 'FILE', description: 'initial ramdisk of that kernel; empty or none for none' },
  { key: 'append', value: 'TEXT', description: 'command line of that kernel' },
  { key: 'arguments', value: 'WORDS', description: 'extra QEMU arguments, split as a shell does; empty for none' },
] as const;

type SettingKey = (typeof settingKeys)[number]['key'];

/** Changes as given: `initrd` and `append` need the machine's present kernel to become a setting. */
export interface SettingChanges {
  /** Ready for the contract, which judges the values. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly kernel: { readonly kernel?: string | null; readonly initrd?: string | null; readonly append?: string };
}

/** Parses `key=value` words; an unknown key is refused with the list of those that exist. */
export function parseSettings(words: readonly string[]): SettingChanges {
  const settings: Record<string, unknown> = {};
  const kernel: Record<string, string | null> = {};
  const seen = new Set<string>();
  for (const word of words) {
    const [key, value] = splitSetting(word);
    if (seen.has(key)) {
      throw new AppError('usage', `The setting “${key}” is given twice.`, { hint: 'Give each setting once.' });
    }
    seen.add(key);
    if (key === 'kernel' || key === 'initrd') kernel[key] = parseFile(value);
    else if (key === 'append') kernel[key] = value;
    else Object.assign(settings, buildSetting(key, value));
  }
  return { settings, kernel };
}

function splitSetting(word: string): [SettingKey, string] {
  const at = word.indexOf('=');
  if (at < 1) {
    throw new AppError('usage', `“${word}” is not a setting.`, {
      hint: `Write KEY=VALUE, such as memory=2G. Keys: ${settingKeys.map((one) => one.key).join(', ')}.`,
    });
  }
  const key = settingKeys.find((one) => one.key === word.slice(0, at))?.key;
  if (key === undefined) {
    throw new AppError('usage', `There is no setting “${word.slice(0, at)}”.`, {
      hint: `Settings: ${settingKeys.map((one) => one.key).join(', ')}.`,
    });
  }
  return [key, word.slice(at + 1)];
}

function buildSetting(key: Exclude<SettingKey, 'kernel' | 'initrd' | 'append'>, value: string): Record<string, unknown> {
  switch (key) {
    case 'name':
      return { name: value };
    case 'memory':
      return { memoryMiB: parseMemory(value, 'memory') };
    case 'cpus':
      return { cpus: parseInteger(value, 'cpus') };
    case 'cdrom':
      return { cdrom: parseFile(value) };
    case 'boot':
      return { bootOrder: parseList(value) };
    case 'accelerator':
      return { accelerator: value };
    case 'ports':
      return { ports: parseList(value).map((port) => parsePort(port, 'ports')) };
    case 'tags':
      return { tags: parseList(value) };
    case 'arguments':
      return { extraArguments: parseWords(value, 'arguments') };
  }
}

function parseFile(value: string): string | null {
  return value === '' || value === 'none' ? null : parsePath(value);
}

function parseList(value: string): string[] {
  return value === '' ? [] : value.split(',').map((item) => item.trim());
}
