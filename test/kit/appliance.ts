import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { qemuImg } from './disk-images.ts';

export interface TestDisk {
  readonly name: string;
  /** A raw image that becomes a VMDK as OVAs have them. */
  readonly raw: string;
  readonly capacity: number;
  readonly isGzip?: boolean;
  /** The controller's ResourceType and ResourceSubType; AHCI otherwise. */
  readonly controller?: readonly [type: number, subType: string];
}

export interface TestAppliance {
  readonly name: string;
  readonly disks: readonly TestDisk[];
  readonly memoryMiB?: number;
  readonly cpus?: number;
  readonly firmware?: string;
  readonly hasNetwork?: boolean;
}

/** Writes an OVF with its disks and a manifest into a folder of its own, by other tools than ours. Gives the OVF's path. */
export function writeOvfFolder(folder: string, appliance: TestAppliance, algorithm: 'sha1' | 'sha256' = 'sha256'): string {
  mkdirSync(folder, { recursive: true });
  for (const { name, raw, isGzip } of appliance.disks) {
    const path = join(folder, name);
    qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', raw, path);
    if (isGzip === true) writeFileSync(path, gzipSync(readFileSync(path)));
  }
  const ovf = join(folder, `${appliance.name}.ovf`);
  writeFileSync(ovf, buildOvf(appliance));
  const files = [ovf, ...appliance.disks.map(({ name }) => join(folder, name))];
  writeFileSync(join(folder, `${appliance.name}.mf`), files.map((file) => buildDigestLine(file, algorithm)).join(''));
  return ovf;
}

/** Packs a folder of `writeOvfFolder` with tar(1), the description first. Gives the OVA's path. */
export function packOva(ovf: string, target: string, ...tarOptions: string[]): string {
  const folder = join(ovf, '..');
  const names = readNames(folder, basename(ovf));
  execFileSync('tar', ['--format=ustar', ...tarOptions, '-cf', target, '-C', folder, ...names]);
  return target;
}

/** The line of a manifest for a file. */
export function buildDigestLine(file: string, algorithm: 'sha1' | 'sha256'): string {
  const digest = createHash(algorithm).update(readFileSync(file)).digest('hex');
  return `${algorithm.toUpperCase()}(${basename(file)})= ${digest}\n`;
}

function readNames(folder: string, first: string): string[] {
  const all = execFileSync('ls', [folder], { encoding: 'utf8' }).trim().split('\n');
  return [first, ...all.filter((name) => name !== first)];
}

function buildOvf({ name, disks, memoryMiB = 64, cpus = 1, firmware, hasNetwork }: TestAppliance): string {
  const files = disks.map(
    (disk, index) =>
      `<File ovf:id="file${index}" ovf:href="${disk.name}"${disk.isGzip === true ? ' ovf:compression="gzip"' : ''}/>`,
  );
  const list = disks.map(
    (disk, index) => `<Disk ovf:diskId="d${index}" ovf:fileRef="file${index}" ovf:capacity="${disk.capacity}"/>`,
  );
  const drives = disks.flatMap(({ controller: [type, subType] = [20, 'AHCI'] }, index) => [
    buildItem(10 + index, type, `<rasd:ResourceSubType>${subType}</rasd:ResourceSubType>`),
    buildItem(100 + index, 17, `<rasd:HostResource>/disk/d${index}</rasd:HostResource><rasd:Parent>${10 + index}</rasd:Parent>`),
  ]);
  return `<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:vmw="http://www.vmware.com/schema/ovf"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
<References>${files.join('')}</References><DiskSection>${list.join('')}</DiskSection>
<VirtualSystem ovf:id="${name}"><VirtualHardwareSection>
${buildItem(1, 3, `<rasd:VirtualQuantity>${cpus}</rasd:VirtualQuantity>`)}
${buildItem(2, 4, `<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:VirtualQuantity>${memoryMiB}</rasd:VirtualQuantity>`)}
${drives.join('\n')}
${hasNetwork === true ? buildItem(3, 10, '') : ''}
${firmware === undefined ? '' : `<vmw:Config vmw:key="firmware" vmw:value="${firmware}"/>`}
</VirtualHardwareSection></VirtualSystem></Envelope>
`;
}

function buildItem(id: number, type: number, rest: string): string {
  return `<Item><rasd:InstanceID>${id}</rasd:InstanceID><rasd:ResourceType>${type}</rasd:ResourceType>${rest}</Item>`;
}
