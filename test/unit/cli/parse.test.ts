import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration } from '../../../cli/output/format.ts';
import { buildBar } from '../../../cli/output/progress-bar.ts';
import { parsePort } from '../../../cli/parse/port.ts';
import { parseReadiness } from '../../../cli/parse/readiness.ts';
import { parseSettings } from '../../../cli/parse/settings.ts';
import { parseDiskSize, parseInteger, parseMemory, parseParallel, parseSeconds } from '../../../cli/parse/size.ts';
import { parseWords } from '../../../cli/parse/words.ts';

describe('memory sizes', () => {
  test.each([
    ['2G', 2048],
    ['2048', 2048],
    ['512M', 512],
    ['1.5g', 1536],
    ['1GiB', 1024],
    ['0', 0],
    ['4096K', 4],
    ['1TB', 1048576],
  ])('%s', (text, memoryMiB) => {
    expect(parseMemory(text, '--memory')).toBe(memoryMiB);
  });

  test.each(['', 'G', '-1G', '2 G', '1e9', '0.3K', 'NaN', 'Infinity', '2X', '2GG', '0x10'])(
    'refuses %j, naming the option',
    (text) => {
      expect(() => parseMemory(text, '--memory')).toThrow(`--memory: “${text}” is not a memory size.`);
    },
  );
});

describe('disk sizes', () => {
  test.each([
    ['20G', 20 * 1024 ** 3],
    ['0', 0],
    ['1.5K', 1536],
  ])('%s', (text, bytes) => {
    expect(parseDiskSize(text, '--disk')).toBe(bytes);
  });

  test.each(['20', '', '-1G', '0.0001K', 'G'])('refuses %j', (text) => {
    expect(() => parseDiskSize(text, '--disk')).toThrow(`--disk: “${text}” is not a disk size.`);
  });
});

test('whole numbers and seconds', () => {
  expect(parseInteger('-3', '--cpus')).toBe(-3);
  expect(() => parseInteger('2.5', '--cpus')).toThrow('--cpus: “2.5” is not a whole number.');
  expect(parseParallel('64', '--parallel')).toBe(64);
  for (const text of ['0', '-1', '65']) expect(() => parseParallel(text, '--parallel')).toThrow('at once is not possible');
  expect(parseReadiness('serial:login:', '--wait-for')).toBe('serial:login:');
  for (const text of ['bogus', 'serial:', '']) expect(() => parseReadiness(text, '--wait-for')).toThrow('waited for');
  expect(parseSeconds('2.5', '--timeout')).toBe(2.5);
  expect(() => parseSeconds('0', '--timeout')).toThrow('--timeout: “0” is not a number of seconds.');
});

test('port forwards', () => {
  expect(parsePort('2222:22', '--port')).toEqual({ host: 2222, guest: 22, protocol: 'tcp' });
  expect(parsePort('5353:53/udp', '--port')).toEqual({ host: 5353, guest: 53, protocol: 'udp' });
  for (const text of ['', '22', '0:22', '22:65536', '2222:22/sctp', '1:2:3', '-1:2'])
    expect(() => parsePort(text, '--port')).toThrow(`--port: “${text}” is not a port forward.`);
});

test('words are split as a shell splits them', () => {
  expect(parseWords('', 'arguments')).toEqual([]);
  expect(parseWords('  -device usb-mouse ', 'arguments')).toEqual(['-device', 'usb-mouse']);
  expect(parseWords(`a'b c'"d \\"e"\\ f '' $HOME`, 'arguments')).toEqual(['ab cd "e f', '', '$HOME']);
  expect(() => parseWords("it's", 'arguments')).toThrow("arguments: a quote is not closed in “it's”.");
  expect(() => parseWords('a\\', 'arguments')).toThrow('not closed');
});

test('settings', () => {
  const { settings, kernel } = parseSettings([
    'name=web',
    'memory=2G',
    'cpus=4',
    'cdrom=none',
    'boot=disk,cdrom',
    'ports=2222:22,53:53/udp',
    'tags=',
    'arguments=-fw_cfg "name=x,string=a b"',
    'append=console=ttyS0 quiet',
    'initrd=',
  ]);
  expect(settings).toEqual({
    name: 'web',
    memoryMiB: 2048,
    cpus: 4,
    cdrom: null,
    bootOrder: ['disk', 'cdrom'],
    ports: [
      { host: 2222, guest: 22, protocol: 'tcp' },
      { host: 53, guest: 53, protocol: 'udp' },
    ],
    tags: [],
    extraArguments: ['-fw_cfg', 'name=x,string=a b'],
  });
  expect(kernel).toEqual({ append: 'console=ttyS0 quiet', initrd: null });
});

test('wrong settings are named, with those that exist', () => {
  expect(() => parseSettings(['colour=red'])).toThrow('There is no setting “colour”.');
  expect(() => parseSettings(['memory'])).toThrow('“memory” is not a setting.');
  expect(() => parseSettings(['cpus=1', 'cpus=2'])).toThrow('The setting “cpus” is given twice.');
});

test('sizes and times for people', () => {
  expect([0, 1023, 1024, 1536, 10 * 1024, 20 * 1024 ** 3, null].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1 KiB',
    '1.5 KiB',
    '10 KiB',
    '20 GiB',
    '-',
  ]);
  expect([5, 65, 3700, 93_784].map(formatDuration)).toEqual(['5 s', '1 min 5 s', '1 h 1 min', '1 d 2 h']);
});

test('the progress bar fits the terminal', () => {
  expect(buildBar(0.5, 'Copying', 80)).toBe('[###############...............]  50%  Copying');
  expect(buildBar(null, 'Copy\u001bing', 80)).toBe('Copy\\u{1b}ing');
  for (const columns of [0, 1, 10, 31, 40, 200])
    expect(buildBar(1, 'x'.repeat(300), columns).length).toBeLessThan(Math.max(columns, 1));
});
