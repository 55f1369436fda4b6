import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../contract/app-error.ts';
import { parseFeatures, parseMachineAlias, parseQemuVersion } from '../../../core/host/parse-qemu-answers.ts';

test.each([
  ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright (c) 2003-2022', '7.2.22', 7, 2],
  ['QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2~bpo12+1)', '10.0.2', 10, 0],
  ['QEMU emulator version 8.2.2 (qemu-8.2.2-1.fc40)', '8.2.2', 8, 2],
  ['QEMU emulator version 9.2.50', '9.2.50', 9, 2],
  ['qemu-img version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright', '7.2.22', 7, 2],
  ['warning: something\nQEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6.22)', '6.2.0', 6, 2],
])('reads the version in %j', (output, text, major, minor) => {
  expect(parseQemuVersion(output)).toEqual({ text, major, minor });
});

test.each([
  '',
  'QEMU',
  'QEMU emulator version seven',
  'QEMU emulator version 7',
  'version 7.2.1',
  'xQEMU emulator version 7.2.1',
])('refuses %j as a version', (output) => {
  expect(() => parseQemuVersion(output)).toThrow(AppError);
});

/** Lines of `-machine help` as the distributions' builds print them. */
const machineHelp = {
  'Debian 12, QEMU 7.2.22':
    'q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)\npc-q35-7.2           Standard PC (Q35 + ICH9, 2009)',
  'Ubuntu 24.04, QEMU 8.2.2':
    'ubuntu               Ubuntu 24.04 PC (i440FX + PIIX, 1996) (alias of pc-i440fx-noble)\nq35                  Ubuntu 24.04 PC (Q35 + ICH9, 2009) (alias of pc-q35-noble)',
  'RHEL 9, QEMU 8.2.0':
    'q35                  RHEL-9.4.0 PC (Q35 + ICH9, 2009) (alias of pc-q35-rhel9.4.0)\npc-q35-rhel9.4.0     RHEL-9.4.0 PC (Q35 + ICH9, 2009) (default)',
};

test('finds what q35 stands for, also under names of a distribution', () => {
  const found = Object.values(machineHelp).map((text) => parseMachineAlias(`Supported machines are:\n${text}\n`, 'q35'));
  expect(found).toEqual(['pc-q35-7.2', 'pc-q35-noble', 'pc-q35-rhel9.4.0']);
});

test.each([
  '',
  'q35',
  'q35 Standard PC',
  'xq35  PC (alias of pc-q35-7.2)',
  'q35 PC (alias of ../../etc)',
  'q35 PC (alias of a b)',
  ` q35 PC${' '.repeat(600)}(alias of x)`,
])('refuses %j as machine types', (output) => {
  expect(() => parseMachineAlias(output, 'q35')).toThrow(AppError);
});

const answers = [
  { QMP: { version: {} } },
  { return: {} },
  { return: [{ name: 'virtio-vga' }, { name: 'usb-tablet' }], id: 'devices' },
  { return: [{ name: 'tcg-accel' }], id: 'accelerators' },
  { timestamp: {}, event: 'SHUTDOWN' },
  { return: [{ state: false, capability: 'x-ignore-shared' }], id: 'capabilities' },
  { return: [{ option: 'sandbox', parameters: [] }], id: 'options' },
  { id: 'user-network', error: { class: 'GenericError', desc: 'no' } },
];

test('features are what QEMU says, in any order', () => {
  const expected = {
    kvm: false,
    tcg: true,
    sandbox: true,
    'user-network': false,
    'virtio-vga': true,
    'usb-tablet': true,
    tpm: false,
    'x-ignore-shared': true,
    'mapped-ram': false,
  };
  const text = (list: unknown[]): string => list.map((answer) => JSON.stringify(answer)).join('\r\n');
  expect(parseFeatures(text(answers))).toMatchObject(expected);
  expect(parseFeatures(text([...answers].reverse()))).toMatchObject(expected);
});

test('answers that are cut off, missing or not lists are refused rather than read as "cannot"', () => {
  const text = answers.map((answer) => JSON.stringify(answer)).join('\n');
  const hostile = [
    '',
    'null',
    '[]',
    '{"id":"devices"}',
    text.slice(0, 150),
    text.replace('[{"option"', '{"x":[{"option"'),
    `${text}\n{`,
  ];
  for (const output of hostile) expect(() => parseFeatures(output), output).toThrow(AppError);
  expect(() => parseFeatures(text.replace('{"name":"virtio-vga"}', 'null,7,"x"'))).not.toThrow();
});

test('whatever a program prints, parsing gives a result or an AppError', () => {
  const isHandled = (parse: () => unknown): boolean => {
    try {
      parse();
      return true;
    } catch (error) {
      return error instanceof AppError;
    }
  };
  const bytes = fc.uint8Array({ maxLength: 300 }).map((list) => Buffer.from(list).toString('utf8'));
  const output = fc.oneof(bytes, fc.json(), fc.constantFrom(...Object.values(machineHelp)));
  fc.assert(
    fc.property(output, (text) =>
      [() => parseQemuVersion(text), () => parseMachineAlias(text, 'q35'), () => parseFeatures(text)].every(isHandled),
    ),
  );
});
