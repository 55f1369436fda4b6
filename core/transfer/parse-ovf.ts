import { DOMParser, type Document, type Element, onErrorStopParsing } from '@xmldom/xmldom';
import { AppError } from '../../contract/app-error.ts';
import type { DiskBus } from '../../contract/machine.ts';

/** A machine as an OVF descriptor (DMTF DSP0243, versions 1 and 2) describes it. Null is what it does not say. */
export interface OvfMachine {
  readonly name: string | null;
  readonly cpus: number | null;
  readonly memoryMiB: number | null;
  readonly firmware: 'bios' | 'uefi' | null;
  readonly hasNetwork: boolean;
  readonly disks: readonly OvfDisk[];
}

export interface OvfDisk {
  /** Null for a disk that is made empty. */
  readonly file: { readonly name: string; readonly isGzip: boolean } | null;
  readonly capacityBytes: number | null;
  readonly bus: DiskBus;
}

/** The name space of the one attribute we add: the bus of a disk, which OVF has no word for. */
export const ownNamespace = 'https://bothy.invalid/ovf/1';

/** Throws `archive-invalid` for what is no OVF or cannot become one machine; `path` is what errors name. */
export function parseOvf(text: string, path: string): OvfMachine {
  const envelope = parseXml(text, path).documentElement;
  if (envelope?.localName !== 'Envelope') throw refuseOvf(path, 'it is no OVF description');
  const systems = list(envelope, 'VirtualSystem');
  const [system] = systems;
  if (system === undefined) throw refuseOvf(path, 'it describes no machine');
  if (systems.length > 1)
    throw refuseOvf(path, `it describes ${systems.length} machines, and only one can be imported at a time`);
  const hardware = list(system, 'VirtualHardwareSection')[0];
  if (hardware === undefined) throw refuseOvf(path, 'it does not say what hardware the machine has');
  const configuration = findConfiguration(envelope);
  const items = ['Item', 'StorageItem', 'EthernetPortItem']
    .flatMap((name) => list(hardware, name))
    .filter((element) => isMeant(element, configuration))
    .map(readItem);
  const quantity = (type: string): number | null => items.find((item) => item.type === type)?.quantity ?? null;
  const memory = items.find((item) => item.type === resource.memory);
  return {
    name: readText(system, 'Name') ?? findAttribute(system, 'id'),
    cpus: quantity(resource.processor),
    memoryMiB: memory?.quantity == null ? null : Math.round((memory.quantity * parseUnits(memory.units, mib, path)) / mib),
    firmware: findFirmware(system),
    hasNetwork: items.some(({ type }) => type === resource.ethernet),
    disks: items.filter(({ type }) => type === resource.disk).map((item) => readDisk(envelope, items, item, path)),
  };
}

const mib = 1024 ** 2;
const maxDiskBytes = 64 * 1024 ** 4;

/** CIM_ResourceAllocationSettingData.ResourceType. */
const resource = { processor: '3', memory: '4', ethernet: '10', disk: '17' } as const;

function parseXml(text: string, path: string): Document {
  // Nobody needs one in an OVF, and it is where XML's dangers are.
  if (/<!DOCTYPE/i.test(text)) throw refuseOvf(path, 'it has a document type declaration');
  try {
    return new DOMParser({ onError: onErrorStopParsing, locator: false }).parseFromString(text, 'application/xml');
  } catch (error) {
    throw new AppError('archive-invalid', `${path} is refused: it is no well-formed XML.`, {
      hint: 'A broken download shows like this: check its size and checksum.',
      details: (error as Error).message.slice(0, 500),
    });
  }
}

/** A description may offer several sizes of the machine; the default one is taken (DSP0243, 9.8). */
function findConfiguration(envelope: Element): string | undefined {
  const choices = list(envelope, 'Configuration');
  const chosen = choices.find((element) => findAttribute(element, 'default') === 'true') ?? choices[0];
  return chosen === undefined ? undefined : (findAttribute(chosen, 'id') ?? undefined);
}

/** Leaves out what is of another configuration, or only the bound of a range. */
function isMeant(element: Element, configuration: string | undefined): boolean {
  const wanted = findAttribute(element, 'configuration')?.split(/\s+/);
  if (wanted !== undefined && (configuration === undefined || !wanted.includes(configuration))) return false;
  return [null, 'normal'].includes(findAttribute(element, 'bound'));
}

interface Item {
  readonly id: string | null;
  readonly type: string | null;
  readonly subType: string;
  readonly quantity: number | null;
  readonly units: string | null;
  readonly parent: string | null;
  readonly hostResource: string | null;
}

function readItem(element: Element): Item {
  const quantity = Number(readText(element, 'VirtualQuantity') ?? Number.NaN);
  return {
    id: readText(element, 'InstanceID') ?? readText(element, 'InstanceId'),
    type: readText(element, 'ResourceType'),
    subType: readText(element, 'ResourceSubType') ?? '',
    quantity: Number.isSafeInteger(quantity) && quantity > 0 ? quantity : null,
    units: readText(element, 'AllocationUnits'),
    parent: readText(element, 'Parent'),
    hostResource: readText(element, 'HostResource'),
  };
}

/** From the drive to the disk (DSP0243, 8.3 `ovf:/disk/ID`), to its file. */
function readDisk(envelope: Element, items: readonly Item[], { parent, hostResource }: Item, path: string): OvfDisk {
  const id = /^(?:ovf:)?\/disk\/(.+)$/.exec(hostResource ?? '')?.[1];
  const disk = list(envelope, 'Disk').find((element) => id !== undefined && findAttribute(element, 'diskId') === id);
  if (disk === undefined) throw refuseOvf(path, `it has a disk drive with the unknown disk ${JSON.stringify(hostResource)}`);
  if (findAttribute(disk, 'parentRef') !== null) throw refuseOvf(path, `disk ${id} is only the difference to another disk`);
  const capacity = Number(findAttribute(disk, 'capacity') ?? Number.NaN);
  const bytes = capacity * parseUnits(findAttribute(disk, 'capacityAllocationUnits'), 1, path);
  const capacityBytes = bytes > 0 && bytes <= maxDiskBytes ? bytes : null;
  const file = readFile(envelope, findAttribute(disk, 'fileRef'), path);
  if (file === null && capacityBytes === null) throw refuseOvf(path, `disk ${id} is empty, and of no possible size`);
  const controller = items.find((item) => item.id !== null && item.id === parent);
  const ownBus = disk.getAttributeNS(ownNamespace, 'bus');
  return {
    file,
    capacityBytes,
    bus: ownBus === 'virtio' || (ownBus !== 'sata' && /virtio/i.test(controller?.subType ?? '')) ? 'virtio' : 'sata',
  };
}

function readFile(envelope: Element, id: string | null, path: string): OvfDisk['file'] {
  if (id === null) return null;
  const file = list(envelope, 'File').find((element) => findAttribute(element, 'id') === id);
  const name = file === undefined ? null : findAttribute(file, 'href');
  if (file === undefined || name === null) throw refuseOvf(path, `it does not say where the file ${JSON.stringify(id)} is`);
  if (findAttribute(file, 'chunkSize') !== null) {
    throw refuseOvf(path, `${JSON.stringify(name)} is split into several files`, 'Put the pieces together into one OVA first.');
  }
  if (!/^[^/\\]+$/.test(name) || name === '.' || name === '..' || /^[a-z]+:/i.test(name)) {
    throw new AppError('image-unsafe', `${path} is refused: it names the file ${JSON.stringify(name)}, which is not beside it.`, {
      hint: 'A description from outside could name any file of yours.',
    });
  }
  return { name, isGzip: findAttribute(file, 'compression') === 'gzip' };
}

/** VMware says it as a setting, VirtualBox in a section of its own. */
function findFirmware(system: Element): OvfMachine['firmware'] {
  const setting = list(system, 'Config').find((element) => findAttribute(element, 'key') === 'firmware');
  const box = list(system, 'Machine').flatMap((element) => list(element, 'Firmware'))[0];
  const said =
    (setting === undefined ? undefined : findAttribute(setting, 'value')) ?? (box && findAttribute(box, 'type')) ?? null;
  if (said === null) return null;
  return /^efi/i.test(said) ? 'uefi' : 'bios';
}

/** `byte * 2^20` (DSP0004, annex C.1), or the words of OVF 0.9. */
function parseUnits(units: string | null, otherwise: number, path: string): number {
  if (units === null) return otherwise;
  const word = /^(kilo|mega|giga|tera)bytes?$/i.exec(units.trim())?.[1]?.toLowerCase();
  if (word !== undefined) return 1024 ** (['kilo', 'mega', 'giga', 'tera'].indexOf(word) + 1);
  const factors = units.split('*').map((factor) => factor.trim());
  if (!/^bytes?$/i.test(factors[0] ?? '')) throw refuseOvf(path, `it counts in the unknown unit ${JSON.stringify(units)}`);
  return factors.slice(1).reduce((product, factor) => {
    const [, base, exponent = '1'] = /^(\d{1,9})(?:\^(\d{1,2}))?$/.exec(factor) ?? [];
    if (base === undefined) throw refuseOvf(path, `it counts in the unknown unit ${JSON.stringify(units)}`);
    return product * Number(base) ** Number(exponent);
  }, 1);
}

function refuseOvf(path: string, why: string, hint = 'Export it anew where it came from, as OVF 1.0 or OVA.'): AppError {
  return new AppError('archive-invalid', `${path} is refused: ${why}.`, { hint });
}

/** Elements by their local name: tools disagree about prefixes and versions of the name spaces. */
function list(parent: Element, localName: string): Element[] {
  return [...parent.getElementsByTagNameNS('*', localName)];
}

function readText(parent: Element, localName: string): string | null {
  for (let child = parent.firstChild; child !== null; child = child.nextSibling) {
    if (child.nodeType === 1 && (child as Element).localName === localName) return child.textContent?.trim() || null;
  }
  return null;
}

function findAttribute(element: Element, localName: string): string | null {
  return [...element.attributes].find((attribute) => attribute.localName === localName)?.value ?? null;
}
