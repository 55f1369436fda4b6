import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFirmware, listDescriptorFolders } from '../../../core/host/firmware.ts';
import { requireOrSkip } from '../../kit/require-tool.ts';
import { useTestHome } from '../../kit/test-home.ts';

test('finds installed firmware of both kinds, in files that are flash images', (context) => {
  const folders = listDescriptorFolders({});
  requireOrSkip(
    context,
    folders.some((folder) => listJson(folder).length > 0),
    'no UEFI firmware is installed',
  );
  const plain = findFirmware('uefi', folders);
  const secure = findFirmware('uefi-secure', folders);
  expect(plain?.code).not.toBe(secure?.code);
  for (const files of [plain, secure]) {
    // A firmware volume has its signature 40 bytes after its beginning (UEFI Platform Initialization, volume 3).
    if (files?.format === 'raw') expect(readFileSync(files.variables).toString('latin1', 40, 44)).toBe('_FVH');
  }
});

test('a later folder replaces a descriptor, an empty file hides one, and files that are not there are passed over', () => {
  const { scratch } = useTestHome();
  const [system, own] = [join(scratch, 'system'), join(scratch, 'own')];
  for (const folder of [system, own]) mkdirSync(folder);
  for (const name of ['a_4M', 'b_4M', 'c_4M', 'v']) writeFileSync(join(scratch, name), '');
  const write = (folder: string, name: string, code: string): void =>
    writeFileSync(join(folder, name), buildDescriptor(scratch, code));
  write(system, '10-gone.json', 'gone_4M');
  write(system, '20-a.json', 'a_4M');
  write(system, '30-b.json', 'b_4M');
  writeFileSync(join(system, '15-broken.json'), '{');
  writeFileSync(join(system, 'README'), 'x');
  const find = (): string | undefined => findFirmware('uefi', [system, own, join(scratch, 'none')])?.code;
  expect(find()).toBe(join(scratch, 'a_4M'));
  write(own, '20-a.json', 'c_4M');
  expect(find()).toBe(join(scratch, 'c_4M'));
  writeFileSync(join(own, '20-a.json'), '');
  expect(find()).toBe(join(scratch, 'b_4M'));
});

function listJson(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function buildDescriptor(folder: string, code: string): string {
  const image = (name: string): unknown => ({ filename: join(folder, name), format: 'raw' });
  return JSON.stringify({
    'interface-types': ['uefi'],
    mapping: { device: 'flash', executable: image(code), 'nvram-template': image('v') },
    targets: [{ architecture: 'x86_64', machines: ['pc-q35-*'] }],
    features: [],
  });
}
