import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { shrinkToPng } from '../../../core/console/thumbnail.ts';

/** A PPM of one colour on the left half and another on the right. */
function buildPpm(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  for (let index = 0; index < width * height; index += 1)
    pixels.set(index % width < width / 2 ? [255, 0, 0] : [0, 0, 255], index * 3);
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
}

function parsePng(png: Buffer): { width: number; height: number; rows: Buffer } {
  const length = png.readUInt32BE(33);
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), rows: inflateSync(png.subarray(41, 41 + length)) };
}

describe('a thumbnail', () => {
  it('is 480 pixels wide, in the proportions of the screen', () => {
    const { width, height, rows } = parsePng(shrinkToPng(buildPpm(1280, 800)));
    expect([width, height]).toEqual([480, 300]);
    expect([...rows.subarray(0, 4)]).toEqual([0, 255, 0, 0]);
    expect([...rows.subarray(1 + 479 * 3, 1 + 480 * 3)]).toEqual([0, 0, 255]);
  });

  it('of a small screen has its size', () => {
    const { width, height, rows } = parsePng(shrinkToPng(buildPpm(8, 3)));
    expect([width, height, rows.length]).toEqual([8, 3, 3 * (1 + 8 * 3)]);
  });

  it.each([
    ['P5\n2 2\n255\n', 12],
    ['P6\n100 100\n255\n', 5],
    ['P6\n0 0\n255\n', 0],
    ['', 0],
  ])('refuses %j with %i bytes', (head, bytes) => {
    expect(() => shrinkToPng(Buffer.concat([Buffer.from(head), Buffer.alloc(bytes)]))).toThrow('not a whole PPM');
  });
});
