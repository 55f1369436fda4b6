import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FirmwareDescriptor, findDescriptor, rankDescriptors } from '../../../core/host/firmware-descriptor.ts';

interface Change {
  mapping?: unknown;
  targets?: unknown;
  features?: unknown;
  'interface-types'?: unknown;
}

test('reads Debian’s descriptor', () => {
  expect(findDescriptor(buildText({}))).toEqual({
    files: {
      code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
      format: 'raw',
      variables: '/usr/share/OVMF/OVMF_VARS_4M.fd',
      variablesFormat: 'raw',
    },
    features: ['acpi-s3', 'verbose-dynamic'],
  });
});

test('keeps the formats apart, which Fedora ships as qcow2', () => {
  const image = (filename: string): unknown => ({ filename, format: 'qcow2' });
  const mapping = { device: 'flash', mode: 'split', executable: image('/c.qcow2'), 'nvram-template': image('/v.qcow2') };
  expect(findDescriptor(buildText({ mapping }))?.files).toMatchObject({ format: 'qcow2', variablesFormat: 'qcow2' });
});

test.each<[string, Change]>([
  ['BIOS', { 'interface-types': ['bios'] }],
  ['no interface types', { 'interface-types': 'uefi' }],
  ['memory mapped', { mapping: { device: 'memory', filename: '/x.fd' } }],
  ['stateless', { mapping: { device: 'flash', mode: 'stateless', executable: { filename: '/x.fd', format: 'raw' } } }],
  ['combined', { mapping: { device: 'flash', mode: 'combined', executable: { filename: '/x.fd', format: 'raw' } } }],
  ['without variables', { mapping: { device: 'flash', executable: { filename: '/x.fd', format: 'raw' } } }],
  ['another architecture', { targets: [{ architecture: 'aarch64', machines: ['virt-*'] }] }],
  ['i440fx only', { targets: [{ architecture: 'x86_64', machines: ['pc-i440fx-*'] }] }],
  ['no targets', { targets: [null, 5, {}] }],
  [
    'a relative path',
    {
      mapping: {
        device: 'flash',
        executable: { filename: 'x.fd', format: 'raw' },
        'nvram-template': { filename: '/v', format: 'raw' },
      },
    },
  ],
  [
    'an odd format',
    {
      mapping: {
        device: 'flash',
        executable: { filename: '/x', format: 'nbd' },
        'nvram-template': { filename: '/v', format: 'raw' },
      },
    },
  ],
  ['a null mapping', { mapping: null }],
])('leaves out what is %s', (_, change) => {
  expect(findDescriptor(buildText(change))).toBeUndefined();
});

test('leaves out what is no descriptor, without throwing', () => {
  for (const text of ['', '{', 'null', '[]', '7', '"uefi"', '{"mapping":[]}']) expect(findDescriptor(text)).toBeUndefined();
  expect(findDescriptor(buildText({ features: 'secure-boot' }))?.features).toEqual([]);
  expect(findDescriptor(buildText({ features: [1, null, 'x'] }))?.features).toEqual(['x']);
  fc.assert(fc.property(fc.json(), (text) => void findDescriptor(text)));
});

test('plain UEFI is the 4 MiB image that needs no SMM', () => {
  const ranked = rankDescriptors([secure, unenrolled, small, plain, open], 'uefi');
  expect(ranked.map(({ code }) => code)).toEqual(['/plain_4M', '/open_4M', '/small']);
});

test('Secure Boot is the image with enrolled keys and SMM, and no other', () => {
  expect(rankDescriptors([plain, unenrolled, open, secure], 'uefi-secure').map(({ code }) => code)).toEqual(['/secure_4M']);
  expect(rankDescriptors([plain, unenrolled], 'uefi-secure')).toEqual([]);
});

const plain = buildDescriptor('/plain_4M', []);
const small = buildDescriptor('/small', []);
const open = buildDescriptor('/open_4M', ['secure-boot']);
const unenrolled = buildDescriptor('/unenrolled_4M', ['secure-boot', 'requires-smm']);
const secure = buildDescriptor('/secure_4M', ['secure-boot', 'requires-smm', 'enrolled-keys']);

function buildDescriptor(code: string, features: string[]): FirmwareDescriptor {
  return { files: { code, format: 'raw', variables: '/v', variablesFormat: 'raw' }, features };
}

/** A descriptor as Debian 12's ovmf package has it. */
function buildText(change: Change): string {
  return JSON.stringify({
    description: 'UEFI firmware for x86_64, without Secure Boot without SMM, with empty varstore',
    'interface-types': ['uefi'],
    mapping: {
      device: 'flash',
      executable: { filename: '/usr/share/OVMF/OVMF_CODE_4M.fd', format: 'raw' },
      'nvram-template': { filename: '/usr/share/OVMF/OVMF_VARS_4M.fd', format: 'raw' },
    },
    targets: [{ architecture: 'x86_64', machines: ['pc-i440fx-*', 'pc-q35-*'] }],
    features: ['acpi-s3', 'verbose-dynamic'],
    tags: [],
    ...change,
  });
}
