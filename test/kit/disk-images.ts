import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** Runs the real qemu-img and gives what it prints. */
export function qemuImg(...argv: string[]): string {
  return execFileSync('qemu-img', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A raw disk image with a boot sector's signature and a text that can be found again. */
export function writeRawImage(path: string, bytes = 1024 * 1024, text = 'content of the disk'): string {
  const disk = Buffer.alloc(bytes);
  disk.write('\x55\xaa', 510, 'latin1');
  for (let offset = 4096; offset + 64 < bytes; offset += 65_536) disk.write(`${text} ${offset}`, offset);
  writeFileSync(path, disk);
  return path;
}

/** The smallest file with the volume descriptors of an ISO 9660 image (ECMA-119, 8.1): 64 KiB, an empty volume. */
export function writeIsoImage(path: string, label = 'BOTHY'): string {
  const image = Buffer.alloc(64 * 1024);
  image.write('\x01CD001\x01', 0x8000, 'latin1');
  image.write(label.padEnd(32), 0x8028, 'latin1');
  image.write('\xffCD001\x01', 0x8800, 'latin1');
  writeFileSync(path, image);
  return path;
}

/** A file with the header of a Linux kernel (Documentation/arch/x86/boot.rst) that QEMU loads; it does nothing. */
export function writeKernel(path: string): string {
  const kernel = Buffer.alloc(16 * 1024);
  kernel[0x1f1] = 1;
  kernel.write('\x55\xaa', 0x1fe, 'latin1');
  kernel.write('HdrS', 0x202, 'latin1');
  kernel.writeUInt16LE(0x020c, 0x206);
  kernel[0x211] = 1;
  kernel.writeUInt32LE(0x7fffffff, 0x22c);
  // A real-mode `jmp .` where the loader enters.
  kernel.write('\xeb\xfe', 0x200, 'latin1');
  writeFileSync(path, kernel);
  return path;
}
