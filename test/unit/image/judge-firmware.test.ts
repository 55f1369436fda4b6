import { describe, expect, test } from 'vitest';
import { judgeFirmware } from '../../../core/image/judge-firmware.ts';
import { buildGpt, partitionType } from '../../kit/partition-table.ts';

const { efi, biosBoot, linux } = partitionType;

function buildMbr(type: number, isActive: boolean): Buffer {
  const head = Buffer.alloc(512);
  head[446] = isActive ? 0x80 : 0;
  head[446 + 4] = type;
  head.writeUInt16LE(0xaa55, 510);
  return head;
}

function withBootCode(head: Buffer, text: string): Buffer {
  head.write(text, 0x180, 'latin1');
  return head;
}

describe('a disk is for UEFI', () => {
  const disks = {
    'with an EFI system partition': buildGpt([{ type: efi }, { type: linux }]),
    'with one on sectors of 4 KiB': buildGpt([{ type: linux }, { type: efi }], 4096),
    'with one and the boot code Windows leaves': withBootCode(buildGpt([{ type: efi }]), 'Invalid partition table'),
    'with one in an old partition table': buildMbr(0xef, false),
  };
  test.each(Object.entries(disks))('%s', (_name, head) => expect(judgeFirmware(head)).toBe('uefi'));
});

describe('a disk is for a BIOS', () => {
  const disks = {
    'that is empty': Buffer.alloc(64 * 1024),
    'that is too short for a table': Buffer.alloc(100),
    'with an old partition table': buildMbr(0x83, true),
    'with an old partition table whose EFI partition is active': buildMbr(0xef, true),
    'without an EFI system partition': buildGpt([{ type: linux }]),
    'that both can start': buildGpt([{ type: biosBoot }, { type: efi }]),
    'with a partition marked for a BIOS': buildGpt([{ type: efi }, { type: linux, isBootable: true }]),
    'with GRUB in its first sector': withBootCode(buildGpt([{ type: efi }]), 'GRUB \0Geom\0Hard Disk\0'),
    'with half a table': buildGpt([{ type: efi }]).subarray(0, 600),
  };
  test.each(Object.entries(disks))('%s', (_name, head) => expect(judgeFirmware(head)).toBe('bios'));
});
