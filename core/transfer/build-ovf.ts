import type { DiskBus, Firmware } from '../../contract/machine.ts';
import { ownNamespace } from './parse-ovf.ts';

/** What an OVF tells of a machine. */
export interface OvfContent {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly firmware: Firmware;
  readonly hasNetwork: boolean;
  readonly disks: readonly OvfContentDisk[];
}

export interface OvfContentDisk {
  /** The name of its VMDK. */
  readonly file: string;
  /** The VMDK's size, and that of the disk in it, in bytes. */
  readonly fileBytes: number;
  readonly capacityBytes: number;
  readonly bus: DiskBus;
}

/**
 * An OVF 1.1 description (DMTF DSP0243) as VirtualBox and VMware read it. Every disk is on an AHCI controller, which all of
 * them have; what it hung on here is in an attribute that only we read.
 */
export function buildOvf({ name, cpus, memoryMiB, firmware, hasNetwork, disks }: OvfContent): string {
  const items = [
    item(1, 3, { ElementName: `${cpus} CPUs`, VirtualQuantity: cpus }),
    item(2, 4, { AllocationUnits: 'byte * 2^20', ElementName: `${memoryMiB} MiB of memory`, VirtualQuantity: memoryMiB }),
    ...(hasNetwork
      ? [item(3, 10, { AutomaticAllocation: true, Connection: network, ElementName: 'Network', ResourceSubType: 'E1000' })]
      : []),
    ...(disks.length === 0 ? [] : [item(4, 20, { Address: 0, ElementName: 'SATA', ResourceSubType: 'vmware.sata.ahci' })]),
    ...disks.map(({ file }, index) =>
      item(10 + index, 17, { AddressOnParent: index, ElementName: file, HostResource: `ovf:/disk/disk${index}`, Parent: 4 }),
    ),
  ];
  const settings = { ...(firmware === 'bios' ? { firmware: 'bios' } : { firmware: 'efi' }), ...secureBoot[firmware] };
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
    xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:bothy="${ownNamespace}">
  <References>
${disks.map(({ file, fileBytes }, index) => `    <File ovf:href="${escapeXml(file)}" ovf:id="file${index}" ovf:size="${fileBytes}"/>\n`).join('')}  </References>
  <DiskSection>
    <Info>The disks of the machine</Info>
${disks.map(describeDisk).join('')}  </DiskSection>
  <NetworkSection>
    <Info>The networks it is on</Info>
${hasNetwork ? `    <Network ovf:name="${network}"><Description>Out through the host</Description></Network>\n` : ''}  </NetworkSection>
  <VirtualSystem ovf:id="${escapeXml(name)}">
    <Info>A virtual machine</Info>
    <Name>${escapeXml(name)}</Name>
    <OperatingSystemSection ovf:id="1">
      <Info>Its operating system is not known</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>What it is made of</Info>
      <System>
        <vssd:ElementName>Virtual hardware</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${escapeXml(name)}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType>
      </System>
${items.join('')}${Object.entries(settings)
  .map(([key, value]) => `      <vmw:Config ovf:required="false" vmw:key="${key}" vmw:value="${value}"/>\n`)
  .join('')}    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}

const network = 'NAT';
const secureBoot: Record<Firmware, Readonly<Record<string, string>>> = {
  bios: {},
  uefi: {},
  'uefi-secure': { 'bootOptions.efiSecureBootEnabled': 'true' },
};
const vmdkFormat = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';

function describeDisk({ capacityBytes, bus }: OvfContentDisk, index: number): string {
  return `    <Disk ovf:capacity="${capacityBytes}" ovf:diskId="disk${index}" ovf:fileRef="file${index}" ovf:format="${vmdkFormat}" bothy:bus="${bus}"/>\n`;
}

/** The schema wants the elements of an item in the order of the alphabet. */
function item(id: number, type: number, fields: Readonly<Record<string, string | number | boolean>>): string {
  const all = Object.entries({ ...fields, InstanceID: id, ResourceType: type }).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = all.map(([key, value]) => `        <rasd:${key}>${escapeXml(String(value))}</rasd:${key}>\n`);
  return `      <Item>\n${lines.join('')}      </Item>\n`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
