import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A guest for tests of the serial line that boots in a moment: a raw disk whose boot sector prints `ready`, then sends back
 * every byte it receives. Between bytes the processor sleeps.
 */
export function writeEchoGuest(folder: string): string {
  const disk = Buffer.alloc(1024 * 1024);
  disk.set(bootCode, 0);
  disk.write('ready\r\n\0', 0x40, 'latin1');
  disk.set([0x55, 0xaa], 0x1fe);
  const file = join(folder, 'echo.img');
  writeFileSync(file, disk);
  return file;
}

const bootCode = [
  0x31,
  0xc0,
  0x8e,
  0xd8, //            xor ax, ax; mov ds, ax
  0xba,
  0xfa,
  0x03,
  0xb0,
  0x01,
  0xee, // mov dx, 0x3fa; mov al, 1; out dx, al   the FIFO on
  0xb0,
  0x34,
  0xe6,
  0x43,
  0xb0,
  0xa9, // mov al, 0x34; out 0x43, al; mov al, 0xa9   a tick every millisecond
  0xe6,
  0x40,
  0xb0,
  0x04,
  0xe6,
  0x40, // out 0x40, al; mov al, 4; out 0x40, al
  0xbe,
  0x40,
  0x7c,
  0xba,
  0xf8,
  0x03, // mov si, text; mov dx, 0x3f8
  0xac,
  0x84,
  0xc0,
  0x74,
  0x03, //      print: lodsb; test al, al; jz wait
  0xee,
  0xeb,
  0xf8, //                  out dx, al; jmp print
  0xfb,
  0xba,
  0xfd,
  0x03,
  0xec, //      wait: sti; mov dx, 0x3fd; in al, dx
  0xa8,
  0x01,
  0x75,
  0x03, //            test al, 1; jnz receive
  0xf4,
  0xeb,
  0xf4, //                  hlt; jmp wait
  0xba,
  0xf8,
  0x03,
  0xec,
  0xee, //      receive: mov dx, 0x3f8; in al, dx; out dx, al
  0xeb,
  0xed, //                        jmp wait
];
