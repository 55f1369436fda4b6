import { AppError } from '../../contract/app-error.ts';
import { escapeOutput } from '../process/escape-output.ts';

/** A version as QEMU prints it. */
export interface QemuVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** Reads `qemu-system-x86_64 --version` and `qemu-img --version`: "QEMU emulator version 7.2.22 (Debian ...)". */
export function parseQemuVersion(output: string): QemuVersion {
  const match = /^(?:QEMU emulator|qemu-img) version ((\d{1,4})\.(\d{1,4})(?:\.\d{1,4})*)/m.exec(output);
  const [, text, major, minor] = match ?? [];
  if (text === undefined) throw buildUnreadable('the version', output);
  return { text, major: Number(major), minor: Number(minor) };
}

/** Finds in `-machine help` the versioned type that an alias stands for; distributions have names of their own. */
export function parseMachineAlias(output: string, alias: string): string {
  for (const line of output.split('\n')) {
    const match = /^([\w.-]+)\s.*\(alias of ([\w.-]+)\)/.exec(line.slice(0, 500));
    if (match?.[1] === alias && match[2] !== undefined) return match[2];
  }
  throw buildUnreadable(`the machine type ${alias}`, output);
}

/** What `featureQuestions` asks QEMU on its monitor, and how the answers are told apart. */
export const featureQuestions: string = [
  { execute: 'qmp_capabilities' },
  { execute: 'qom-list-types', id: 'devices', arguments: { implements: 'device' } },
  { execute: 'qom-list-types', id: 'accelerators', arguments: { implements: 'accel' } },
  { execute: 'query-migrate-capabilities', id: 'capabilities' },
  { execute: 'query-command-line-options', id: 'options' },
  // No command lists the network backends; adding one tells whether it was compiled in.
  { execute: 'netdev_add', id: 'user-network', arguments: { type: 'user', id: 'question' } },
  { execute: 'quit' },
]
  .map((question) => `${JSON.stringify(question)}\n`)
  .join('');

const devices = {
  'virtio-vga': 'virtio-vga',
  'virtio-vga-gl': 'virtio-vga-gl',
  'usb-tablet': 'usb-tablet',
  virtiofs: 'vhost-user-fs-pci',
  tpm: 'tpm-crb',
  vmgenid: 'vmgenid',
  'debug-exit': 'isa-debug-exit',
} as const;
const capabilities = ['x-ignore-shared', 'mapped-ram'] as const;

/** Features by name: what this QEMU can do, as it says itself, so that builds with parts left out are seen as they are. */
export function parseFeatures(output: string): Record<string, boolean> {
  const answers = parseAnswers(output);
  const deviceNames = namesIn(answers, 'devices', 'name');
  const capabilityNames = namesIn(answers, 'capabilities', 'capability');
  return {
    kvm: namesIn(answers, 'accelerators', 'name').has('kvm-accel'),
    tcg: namesIn(answers, 'accelerators', 'name').has('tcg-accel'),
    sandbox: namesIn(answers, 'options', 'option').has('sandbox'),
    'user-network': answers.get('user-network')?.['return'] !== undefined,
    ...Object.fromEntries(Object.entries(devices).map(([feature, device]) => [feature, deviceNames.has(device)])),
    ...Object.fromEntries(capabilities.map((name) => [name, capabilityNames.has(name)])),
  };
}

type Answer = Readonly<Record<string, unknown>>;

function parseAnswers(output: string): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const line of output.split('\n').filter((text) => text.trim() !== '')) {
    const answer = parseObject(line);
    if (answer === undefined) throw buildUnreadable('an answer of its monitor', line);
    if (typeof answer['id'] === 'string') answers.set(answer['id'], answer);
  }
  return answers;
}

function parseObject(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(answers: Map<string, Answer>, id: string, key: string): Set<unknown> {
  const list = answers.get(id)?.['return'];
  if (!Array.isArray(list)) throw buildUnreadable(`its ${id}`, JSON.stringify(answers.get(id) ?? null));
  return new Set(
    list.map((entry: unknown) => (typeof entry === 'object' && entry !== null ? Reflect.get(entry, key) : undefined)),
  );
}

function buildUnreadable(what: string, output: string): AppError {
  return new AppError('tool-failed', `QEMU did not tell ${what} in a way Bothy understands.`, {
    hint: 'Check that BOTHY_QEMU and PATH lead to QEMU itself.',
    details: escapeOutput(output, 1000),
  });
}
