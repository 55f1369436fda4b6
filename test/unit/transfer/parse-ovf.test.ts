import { describe, expect, test } from 'vitest';
import { parseOvf } from '../../../core/transfer/parse-ovf.ts';

/** In the form VirtualBox 7.0 writes (`VBoxManage export --ovf10`), shortened. */
const virtualBox = `<?xml version="1.0"?>
<Envelope ovf:version="1.0" xml:lang="en-US" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
 xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vbox="http://www.virtualbox.org/ovf/machine">
  <References><File ovf:id="file1" ovf:href="web-disk001.vmdk"/><File ovf:id="file2" ovf:href="web-disk002.vmdk.gz" ovf:compression="gzip"/></References>
  <DiskSection><Info>List of the virtual disks used in the package</Info>
    <Disk ovf:capacity="21474836480" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
    <Disk ovf:capacity="8" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="vmdisk2" ovf:fileRef="file2"/>
  </DiskSection>
  <VirtualSystem ovf:id="web server"><Info>A virtual machine</Info>
    <VirtualHardwareSection><Info>Virtual hardware requirements for a virtual machine</Info>
      <Item><rasd:Caption>2 virtual CPU</rasd:Caption><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>2048</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>PIIX4</rasd:ResourceSubType><rasd:ResourceType>5</rasd:ResourceType></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:InstanceID>5</rasd:InstanceID><rasd:ResourceSubType>VirtioSCSI</rasd:ResourceSubType><rasd:ResourceType>20</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>8</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>/disk/vmdisk2</rasd:HostResource><rasd:InstanceID>9</rasd:InstanceID><rasd:Parent>5</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:Connection>NAT</rasd:Connection><rasd:InstanceID>10</rasd:InstanceID><rasd:ResourceSubType>E1000</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>
    </VirtualHardwareSection>
    <vbox:Machine ovf:required="false" version="1.19-linux" name="web"><Hardware><Firmware type="EFI"/></Hardware></vbox:Machine>
  </VirtualSystem>
</Envelope>`;

/** In the form VMware's ovftool 4 writes, shortened. */
const vmware = `<?xml version="1.0" encoding="UTF-8"?>
<ovf:Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
  <ovf:References><ovf:File ovf:href="app-1.vmdk" ovf:id="file1" ovf:size="68608"/></ovf:References>
  <ovf:DiskSection><ovf:Disk ovf:capacity="16" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="vmdisk1" ovf:fileRef="file1"/>
    <ovf:Disk ovf:capacity="1" ovf:capacityAllocationUnits="GigaBytes" ovf:diskId="empty"/></ovf:DiskSection>
  <ovf:DeploymentOptionSection><ovf:Configuration ovf:id="big"/><ovf:Configuration ovf:default="true" ovf:id="small"/></ovf:DeploymentOptionSection>
  <ovf:VirtualSystem ovf:id="vm"><ovf:Name>App &amp; more</ovf:Name>
    <ovf:VirtualHardwareSection>
      <ovf:Item ovf:configuration="big"><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>8</rasd:VirtualQuantity></ovf:Item>
      <ovf:Item ovf:configuration="small"><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>1</rasd:VirtualQuantity></ovf:Item>
      <ovf:Item ovf:bound="max"><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>9999</rasd:VirtualQuantity></ovf:Item>
      <ovf:Item><rasd:AllocationUnits>byte * 2^30</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>4</rasd:VirtualQuantity></ovf:Item>
      <ovf:Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>lsilogic</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></ovf:Item>
      <ovf:Item><rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>6</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></ovf:Item>
      <ovf:Item><rasd:HostResource>ovf:/disk/empty</rasd:HostResource><rasd:InstanceID>7</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></ovf:Item>
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="bios"/>
    </ovf:VirtualHardwareSection>
  </ovf:VirtualSystem>
</ovf:Envelope>`;

/** OVF 2 has elements of their own for disks and network cards. */
const version2 = `<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/2" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/2"
 xmlns:sasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_StorageAllocationSettingData.xsd" xmlns:epasd="x" xmlns:rasd="y">
  <References><File ovf:id="f" ovf:href="a.vmdk"/></References><DiskSection><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="1024"/></DiskSection>
  <VirtualSystem ovf:id="two"><VirtualHardwareSection>
    <StorageItem><sasd:HostResource>ovf:/disk/d</sasd:HostResource><sasd:InstanceID>1</sasd:InstanceID><sasd:ResourceType>17</sasd:ResourceType></StorageItem>
    <EthernetPortItem><epasd:InstanceID>2</epasd:InstanceID><epasd:ResourceType>10</epasd:ResourceType></EthernetPortItem>
  </VirtualHardwareSection></VirtualSystem></Envelope>`;

describe('an OVF says what the machine is', () => {
  test("in VirtualBox's words", () => {
    expect(parseOvf(virtualBox, 'web.ovf')).toEqual({
      name: 'web server',
      cpus: 2,
      memoryMiB: 2048,
      firmware: 'uefi',
      hasNetwork: true,
      disks: [
        { file: { name: 'web-disk001.vmdk', isGzip: false }, capacityBytes: 20 * 1024 ** 3, bus: 'sata' },
        { file: { name: 'web-disk002.vmdk.gz', isGzip: true }, capacityBytes: 8 * 1024 ** 3, bus: 'virtio' },
      ],
    });
  });

  test("in VMware's words, in its default configuration", () => {
    expect(parseOvf(vmware, 'app.ovf')).toEqual({
      name: 'App & more',
      cpus: 1,
      memoryMiB: 4096,
      firmware: 'bios',
      hasNetwork: false,
      disks: [
        { file: { name: 'app-1.vmdk', isGzip: false }, capacityBytes: 16 * 1024 ** 3, bus: 'sata' },
        { file: null, capacityBytes: 1024 ** 3, bus: 'sata' },
      ],
    });
  });

  test('in version 2', () => {
    expect(parseOvf(version2, 'two.ovf')).toMatchObject({
      name: 'two',
      cpus: null,
      firmware: null,
      hasNetwork: true,
      disks: [{ file: { name: 'a.vmdk' }, capacityBytes: 1024 }],
    });
  });
});

describe('an OVF is refused', () => {
  const cases: Readonly<Record<string, [text: string, code: string]>> = {
    'that is no XML': ['hello', 'archive-invalid'],
    'that is cut off': [virtualBox.slice(0, 2000), 'archive-invalid'],
    'that is something else': ['<html/>', 'archive-invalid'],
    'with a document type': [
      virtualBox.replace('?>', '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
      'archive-invalid',
    ],
    'that describes two machines': [virtualBox.replace(/<VirtualSystem [\s\S]*<\/VirtualSystem>/, '$&$&'), 'archive-invalid'],
    'with a path': [virtualBox.replace('web-disk001', '../../etc/web'), 'image-unsafe'],
    'with an absolute path': [virtualBox.replace('web-disk001.vmdk', '/etc/passwd'), 'image-unsafe'],
    'with an address': [virtualBox.replace('web-disk001.vmdk', 'http:x'), 'image-unsafe'],
    'with a disk that is a difference': [
      virtualBox.replace('ovf:capacity="8"', 'ovf:capacity="8" ovf:parentRef="vmdisk1"'),
      'archive-invalid',
    ],
    'with a drive without a disk': [virtualBox.replace('/disk/vmdisk2', '/disk/none'), 'archive-invalid'],
    'with a split file': [virtualBox.replace('ovf:id="file1"', 'ovf:id="file1" ovf:chunkSize="1000"'), 'archive-invalid'],
    'with an empty disk that has no size': [
      virtualBox.replace('ovf:capacity="8"', '').replace(' ovf:fileRef="file2"', ''),
      'archive-invalid',
    ],
    'with an empty disk of an absurd size': [
      virtualBox.replace('ovf:capacity="8"', 'ovf:capacity="1e30"').replace(' ovf:fileRef="file2"', ''),
      'archive-invalid',
    ],
    'with units nobody knows': [virtualBox.replace('byte * 2^30', 'acres'), 'archive-invalid'],
  };
  for (const [name, [text, code]] of Object.entries(cases)) {
    test(name, () => {
      expect(() => parseOvf(text, 'web.ovf')).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining('web.ovf') }),
      );
    });
  }
});
