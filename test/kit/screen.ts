import { readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { TestHome } from './test-home.ts';
import { type WaitOptions, waitUntil } from './wait-until.ts';

/** A picture, three bytes a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

/** What a machine shows, from QEMU itself over its second monitor. */
export async function takeScreendump(home: TestHome, id: string): Promise<Picture> {
  const file = join(home.scratch, `${id}.ppm`);
  await runMonitorCommand(join(home.folder, 'run', id, 'qmp-1.sock'), { execute: 'screendump', arguments: { filename: file } });
  const picture = parsePpm(readFileSync(file));
  rmSync(file);
  return picture;
}

/** What a canvas of the page shows. */
async function readCanvas(canvas: Locator): Promise<Picture> {
  const { width, height, base64 } = await canvas.evaluate((element) => {
    const one = element as HTMLCanvasElement;
    const { data } = one.getContext('2d')?.getImageData(0, 0, one.width, one.height) ?? { data: new Uint8ClampedArray() };
    let text = '';
    for (let pixel = 0; pixel < data.length; pixel += 4)
      text += String.fromCharCode(data[pixel] ?? 0, data[pixel + 1] ?? 0, data[pixel + 2] ?? 0);
    return { width: one.width, height: one.height, base64: btoa(text) };
  });
  return { width, height, rgb: Buffer.from(base64, 'base64') };
}

/** The share of pixels that look the same, 0 when the sizes differ. Pictures may come as JPEG, so nearly is the same. */
export function compareSimilarity(one: Picture, other: Picture): number {
  if (one.width !== other.width || one.height !== other.height) return 0;
  let same = 0;
  for (let at = 0; at < one.rgb.length; at += 3)
    if (isAlike(one, other, at) && isAlike(one, other, at + 1) && isAlike(one, other, at + 2)) same += 1;
  return same / (one.width * one.height);
}

function isAlike(one: Picture, other: Picture, at: number): boolean {
  return Math.abs((one.rgb[at] ?? 0) - (other.rgb[at] ?? 0)) <= 40;
}

/** The share of pixels that are brighter than black text's background. */
function measureLitShare({ rgb }: Picture): number {
  let lit = 0;
  for (let at = 0; at < rgb.length; at += 3) if (Math.max(rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0) > 100) lit += 1;
  return (lit * 3) / rgb.length;
}

/** Waits until the page shows what QEMU shows, with something on it, and gives the picture. */
export function waitForSamePicture(home: TestHome, id: string, canvas: Locator, options?: WaitOptions): Promise<Picture> {
  let last = '';
  return waitUntil(
    'the page to show what QEMU shows',
    async () => {
      const [dump, shown] = [await takeScreendump(home, id), await readCanvas(canvas)];
      const similarity = compareSimilarity(dump, shown);
      last = `${similarity} alike, ${measureLitShare(dump)} lit, ${dump.width}x${dump.height} and ${shown.width}x${shown.height}`;
      if (similarity < 0.99 || measureLitShare(dump) < 0.002) throw new Error(last);
      return dump;
    },
    { intervalMs: 200, timeoutMs: 30_000, ...options },
  );
}

/** Waits until a line of text is highlighted in a menu and fits, and gives its number. */
export async function waitForHighlight(home: TestHome, id: string, fits: (line: number) => boolean): Promise<number> {
  const { line } = await waitUntil(
    'the highlighted line of a menu',
    async () => {
      const found = findHighlightedLine(await takeScreendump(home, id));
      return found !== undefined && fits(found) ? { line: found } : undefined;
    },
    { intervalMs: 200, timeoutMs: 60_000 },
  );
  return line;
}

/** The one text line of 16 pixels that is bright over most of the width, from its first to its last row. */
function findHighlightedLine({ width, height, rgb }: Picture): number | undefined {
  const isBright = (row: number) => {
    let lit = 0;
    for (let column = 0; column < width; column += 1) if ((rgb[(row * width + column) * 3] ?? 0) > 100) lit += 1;
    return lit > width * 0.75;
  };
  const lines = Array.from({ length: Math.floor(height / 16) }, (_, line) => line);
  const bright = lines.filter((line) => isBright(line * 16) && isBright(line * 16 + 15));
  return bright.length === 1 ? bright[0] : undefined;
}

/** Runs one command of QEMU's machine protocol (QMP) without our client. */
function runMonitorCommand(path: string, command: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (/"error"/.test(text)) reject(new Error(text));
      // The greeting, the answer to the capabilities, the answer to the command.
      if ((text.match(/"return"/g) ?? []).length < 2) return;
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.write(`{"execute":"qmp_capabilities"}\n${JSON.stringify(command)}\n`);
  });
}

function parsePpm(file: Buffer): Picture {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 32).toString('latin1'));
  if (header === null) throw new Error('not a binary PPM');
  return { width: Number(header[1]), height: Number(header[2]), rgb: file.subarray(header[0].length) };
}
