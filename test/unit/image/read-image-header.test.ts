import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isOpticalImage, parseImageHeader, readImageHeader } from '../../../core/image/read-image-header.ts';

const magics = ['QFI\xfb', 'KDMV', 'COWD', '# Disk DescriptorFile', 'vhdxfile', 'conectix', 'LUKS', 'XFSB'];

/** Any bytes behind a magic number, cut anywhere. */
const header = fc
  .tuple(fc.constantFrom('', ...magics), fc.uint8Array({ maxLength: 2048 }))
  .map(([magic, rest]) => Buffer.concat([Buffer.from(magic, 'latin1'), rest]));

describe('an image header', () => {
  test('of any bytes is judged without a failure', () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 512 }), fc.nat(), (head, tail, size) => {
        const judged = parseImageHeader(head, Buffer.from(tail), size);
        expect(judged.reference === null || judged.reference.length > 0).toBe(true);
        if (judged.virtualSize !== null) expect(Number.isSafeInteger(judged.virtualSize)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('with any field changed never loses a backing file that QEMU would open', () => {
    const whole = Buffer.alloc(512);
    whole.write('QFI\xfb', 'latin1');
    whole.writeUInt32BE(3, 4);
    whole.writeBigUInt64BE(256n, 8);
    whole.writeUInt32BE(11, 16);
    whole.write('/etc/passwd', 256);
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 511 }), fc.integer({ min: 0, max: 255 }), (offset, value) => {
        const changed = Buffer.from(whole);
        changed[offset] = value;
        expect(parseImageHeader(changed, changed, 512).reference).toMatch(/backing file/);
      }),
    );
  });

  test('is read from files of any size, and nothing beyond them', () => {
    const folder = mkdtempSync('/tmp/bothy-header-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'image');
    fc.assert(
      fc.property(header, (bytes) => {
        writeFileSync(file, bytes);
        expect(readImageHeader(file).format).toBe(parseImageHeader(bytes, bytes.subarray(-512), bytes.length).format);
        expect(isOpticalImage(file)).toBe(false);
      }),
      { numRuns: 200 },
    );
    expect(() => readImageHeader(folder)).toThrow(/EISDIR/);
    expect(() => readImageHeader(join(folder, 'none'))).toThrow(/ENOENT/);
  });
});
