/** A pair of UEFI images: code that machines share, and the variables each gets its own copy of. Absolute paths. */
export interface FirmwareFiles {
  readonly code: string;
  readonly format: FirmwareFormat;
  readonly variables: string;
  readonly variablesFormat: FirmwareFormat;
}
export type FirmwareFormat = 'raw' | 'qcow2';
export type FirmwareKind = 'uefi' | 'uefi-secure';

/** One description of a firmware as its package installs it (QEMU's docs/interop/firmware.json), as far as it concerns us. */
export interface FirmwareDescriptor {
  readonly files: FirmwareFiles;
  readonly features: readonly string[];
}

/** Reads a descriptor; undefined for what is no split UEFI flash image for our kind of machine, or no descriptor at all. */
export function findDescriptor(text: string): FirmwareDescriptor | undefined {
  const json = parseJson(text);
  const mapping = json?.mapping;
  if (!listIncludes(json?.['interface-types'], 'uefi') || mapping?.device !== 'flash') return undefined;
  // A combined image cannot be shared between machines, and a stateless one keeps no variables.
  if (mapping.mode !== undefined && mapping.mode !== 'split') return undefined;
  const code = findImage(mapping.executable);
  const variables = findImage(mapping['nvram-template']);
  if (code === undefined || variables === undefined || !hasOurTarget(json?.targets)) return undefined;
  const features = Array.isArray(json?.features) ? json.features.filter((feature) => typeof feature === 'string') : [];
  return {
    files: { code: code.path, format: code.format, variables: variables.path, variablesFormat: variables.format },
    features,
  };
}

/** Puts the descriptors that fit first to last: `uefi` must run without SMM, `uefi-secure` must have Microsoft's keys enrolled. */
export function rankDescriptors(descriptors: readonly FirmwareDescriptor[], kind: FirmwareKind): FirmwareFiles[] {
  const fits =
    kind === 'uefi'
      ? descriptors.filter(({ features }) => !features.includes('requires-smm') && !features.includes('enrolled-keys'))
      : descriptors.filter(({ features }) =>
          ['secure-boot', 'enrolled-keys', 'requires-smm'].every((name) => features.includes(name)),
        );
  // Sorting keeps the packagers' order among equals. 2 MiB images have too little room for today's key databases.
  const penalty = ({ files, features }: FirmwareDescriptor): number =>
    (/4m/i.test(files.code) ? 0 : 2) + (kind === 'uefi' && features.includes('secure-boot') ? 1 : 0);
  return [...fits].sort((a, b) => penalty(a) - penalty(b)).map(({ files }) => files);
}

/** A descriptor's fields before anything about them is known. */
interface RawDescriptor {
  readonly 'interface-types'?: unknown;
  readonly mapping?: Readonly<Record<'device' | 'mode' | 'executable' | 'nvram-template', unknown>> | null;
  readonly targets?: unknown;
  readonly features?: unknown;
}

function parseJson(text: string): RawDescriptor | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function findImage(value: unknown): { path: string; format: FirmwareFormat } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { filename, format } = value as { filename?: unknown; format?: unknown };
  if (typeof filename !== 'string' || !filename.startsWith('/') || filename.includes('\0')) return undefined;
  return format === 'raw' || format === 'qcow2' ? { path: filename, format } : undefined;
}

function hasOurTarget(targets: unknown): boolean {
  if (!Array.isArray(targets)) return false;
  return targets.some((target: unknown) => {
    if (typeof target !== 'object' || target === null) return false;
    const { architecture, machines } = target as { architecture?: unknown; machines?: unknown };
    return architecture === 'x86_64' && Array.isArray(machines) && machines.some(isQ35Pattern);
  });
}

/** Machines are named by patterns; all that are in use are `pc-q35-*`, `q35`, or a version of them. */
function isQ35Pattern(pattern: unknown): boolean {
  return typeof pattern === 'string' && /^(\*|pc-\*|pc-q35-.*|q35)$/.test(pattern);
}

function listIncludes(list: unknown, item: string): boolean {
  return Array.isArray(list) && list.includes(item);
}
