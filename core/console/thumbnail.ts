import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { QmpClient } from '../qemu/qmp-client.ts';

const maxWidth = 480;

/** The screen of a running machine as a small PNG, at most 480 pixels wide. */
export async function takeThumbnail(monitor: QmpClient, runtimeFolder: string): Promise<Buffer> {
  const file = join(runtimeFolder, `thumbnail-${process.pid}.ppm`);
  try {
    // Writing PNG keeps QEMU's main loop busy for longer, and it would be the whole screen.
    await monitor.execute('screendump', { filename: file });
    return shrinkToPng(readFileSync(file));
  } finally {
    rmSync(file, { force: true });
  }
}

/** Turns a binary PPM (`P6`, 8 bits a channel) into a PNG, shrunk by averaging. Throws for anything else. */
export function shrinkToPng(ppm: Buffer): Buffer {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.toString('latin1', 0, 64));
  const [width, height] = [Number(head?.[1]), Number(head?.[2])];
  const pixels = ppm.subarray(head?.[0].length ?? 0);
  if (head === null || width === 0 || height === 0 || pixels.length < width * height * 3)
    throw new Error('not a whole PPM picture');
  const scale = Math.max(1, width / maxWidth);
  const [newWidth, newHeight] = [Math.round(width / scale), Math.max(1, Math.round(height / scale))];
  // Each row of a PNG begins with its filter; 0 is none.
  const rows = Buffer.alloc(newHeight * (1 + newWidth * 3));
  for (let y = 0; y < newHeight; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const box = {
        left: Math.floor(x * scale),
        right: Math.max(Math.floor(x * scale) + 1, Math.min(width, Math.floor((x + 1) * scale))),
        top: Math.floor(y * scale),
        bottom: Math.max(Math.floor(y * scale) + 1, Math.min(height, Math.floor((y + 1) * scale))),
      };
      averageInto(rows, y * (1 + newWidth * 3) + 1 + x * 3, pixels, width, box);
    }
  }
  return encodePng(newWidth, newHeight, rows);
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function averageInto(target: Buffer, offset: number, pixels: Buffer, width: number, { left, right, top, bottom }: Box): void {
  const count = (right - left) * (bottom - top);
  for (let channel = 0; channel < 3; channel += 1) {
    let sum = 0;
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1) sum += pixels[(y * width + x) * 3 + channel] ?? 0;
    }
    target[offset + channel] = Math.round(sum / count);
  }
}

/** PNG (ISO/IEC 15948): signature, IHDR with 8-bit RGB, one IDAT, IEND. */
function encodePng(width: number, height: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
