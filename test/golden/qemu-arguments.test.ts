import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { buildArguments, type HostChoices } from '../../core/qemu/build-arguments.ts';
import { buildShape, machineShapes } from '../fixtures/machine-shapes.ts';
import { findValues, parseOptions } from '../kit/parse-options.ts';

const places = {
  iso: '/srv/images/debian-12.iso',
  kernel: '/srv/boot/vmlinuz',
  initrd: '/srv/boot/initrd.img',
  bootFile: '/srv/tftp/pxelinux.0',
};
const host: HostChoices = {
  qemu: '/usr/bin/qemu-system-x86_64',
  accelerator: 'tcg',
  cpu: 'max',
  folder: '/data/bothy/machines/0123456789ab',
  runtimeFolder: '/run/user/1000/bothy/0123456789ab',
  hasUserNetwork: true,
  hasSandbox: true,
  firmwareCode: null,
  memoryFile: null,
};
const uefi = { path: '/usr/share/OVMF/OVMF_CODE_4M.fd', format: 'raw' } as const;
const strange = `/srv/a, b="c",,d='e' f=tcp:1`;

/** Written anew by `npx vitest run --project golden --update`; the change is then read in the diff. */
describe('the QEMU command line is as kept', () => {
  for (const [name, shape] of Object.entries(machineShapes)) {
    test(name, async () => {
      const machine = buildShape(shape, places);
      const firmwareCode = machine.firmware === 'bios' ? null : uefi;
      const cpu = shape.accelerator === 'kvm' ? 'host' : 'max';
      await expectKept(name, machine, { ...host, accelerator: shape.accelerator, cpu, firmwareCode });
    });
  }

  test('strange-paths', async () => {
    const machine = {
      ...buildShape({ accelerator: 'tcg', build: () => ({ firmware: 'uefi' }) }, places),
      cdrom: `${strange}/cd.iso`,
      kernel: { kernel: `${strange}/vmlinuz`, initrd: `${strange}/initrd`, append: `a="b, c" d='e',,f` },
      network: { mode: 'user', mac: '52:54:00:12:34:56', ports: [], bootFile: `${strange}/x, y=z` },
    } as const satisfies MachineConfiguration;
    await expectKept('strange-paths', machine, {
      ...host,
      folder: `${strange}/machine`,
      runtimeFolder: `${strange}/run`,
      firmwareCode: { path: `${strange}/code.qcow2`, format: 'qcow2' },
    });
  });
});

describe('whatever the machine', () => {
  const path = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).map((text) => `/${text.replaceAll('\0', '0')}`);
  const definition = fc.record({
    cdrom: fc.option(path),
    kernel: fc.option(fc.record({ kernel: path, initrd: fc.option(path), append: fc.string() })),
    bootFile: fc.option(fc.oneof(path, path.map((text) => `http:/${text}`))),
    firmware: fc.constantFrom('bios', 'uefi', 'uefi-secure'),
    mode: fc.constantFrom('user', 'none'),
    ports: fc.array(fc.record({ host: fc.integer({ min: 1, max: 65535 }), guest: fc.constant(22), protocol: fc.constantFrom('tcp', 'udp') })),
    bootOrder: fc.uniqueArray(fc.constantFrom('disk', 'cdrom', 'network')),
    name: fc.string(),
  });
  const places2 = fc.record({ folder: path, runtimeFolder: path, code: path });

  test('every path reaches QEMU as it is, and nothing listens on TCP', () => {
    fc.assert(
      fc.property(definition, places2, (given, { folder, runtimeFolder, code }) => {
        const { mode, ports, bootFile, ...rest } = given as typeof given & Pick<MachineConfiguration, 'firmware' | 'bootOrder'>;
        const machine: MachineConfiguration = {
          ...buildShape({ accelerator: 'tcg', build: () => ({}) }, places),
          ...rest,
          network: { mode: mode as 'user', mac: '52:54:00:12:34:56', ports: ports as MachineConfiguration['network']['ports'], bootFile },
        };
        const firmwareCode = machine.firmware === 'bios' ? null : ({ path: code, format: 'raw' } as const);
        checkCommandLine(buildArguments(machine, { ...host, folder, runtimeFolder, firmwareCode }), machine, {
          ...host,
          folder,
          runtimeFolder,
          firmwareCode,
        });
      }),
      { numRuns: 500 },
    );
  });
});

function checkCommandLine(argv: string[], machine: MachineConfiguration, choices: HostChoices): void {
  const { folder, runtimeFolder } = choices;
  expect(parseOptions(findValues(argv, '-name')[0] ?? '').get('guest')).toBe(machine.name);
  expect(findValues(argv, '-pidfile')).toEqual([join(runtimeFolder, 'qemu.pid')]);

  const chardevs = findValues(argv, '-chardev').map(parseOptions);
  expect(chardevs.map((options) => options.get(''))).toEqual(['stdio', ...Array(10).fill('socket')]);
  for (const options of chardevs) for (const key of ['host', 'port', 'websocket']) expect(options.has(key)).toBe(false);
  expect(chardevs.flatMap((options) => options.get('path') ?? [])).toEqual(
    ['qmp-0', 'qmp-1', 'serial', 'agent', 'in0', 'out0', 'err0', 'in1', 'out1', 'err1'].map((name) =>
      join(runtimeFolder, `${name}.sock`),
    ),
  );
  expect(chardevs.flatMap((options) => options.get('logfile') ?? [])).toEqual([join(folder, 'logs/serial.log')]);
  expect(findValues(argv, '-serial')).toEqual(['chardev:serial0']);
  expect([...findValues(argv, '-qmp'), ...findValues(argv, '-monitor'), ...findValues(argv, '-gdb')]).toEqual([]);

  const vnc = parseOptions(findValues(argv, '-vnc')[0] ?? '');
  expect([...vnc]).toEqual([
    ['vnc', `unix:${join(runtimeFolder, 'vnc.sock')}`],
    ['share', 'force-shared'],
  ]);

  const files = findValues(argv, '-blockdev').map((text) => (JSON.parse(text) as { file: { driver: string; filename: string } }).file);
  expect(files.every(({ driver }) => driver === 'file')).toBe(true);
  expect(files.map(({ filename }) => filename)).toEqual([
    ...(choices.firmwareCode === null ? [] : [choices.firmwareCode.path, join(folder, 'nvram.fd')]),
    join(folder, 'disks/disk0.qcow2'),
    ...(machine.cdrom === null ? [] : [machine.cdrom]),
  ]);
  expect(findValues(argv, '-kernel')[0]).toBe(machine.kernel?.kernel);
  expect(findValues(argv, '-initrd')[0] ?? null).toBe(machine.kernel?.initrd ?? null);

  const netdevs = findValues(argv, '-netdev');
  expect(netdevs).toHaveLength(machine.network.mode === 'none' ? 0 : 1);
  for (const netdev of netdevs) {
    const options = parseOptions(netdev);
    const { bootFile, ports } = machine.network;
    const loaded = options.has('tftp') ? join(options.get('tftp') ?? '', options.get('bootfile') ?? '') : options.get('bootfile');
    expect(loaded).toBe(bootFile === null || bootFile.startsWith('http://') ? (bootFile ?? undefined) : join(bootFile));
    // Every forwarding listens on the loopback only.
    expect(netdev.match(/hostfwd=/g)?.length ?? 0).toBeGreaterThanOrEqual(ports.length);
    for (const { host: hostPort, protocol } of ports) expect(netdev).toContain(`hostfwd=${protocol}:127.0.0.1:${hostPort}-:22`);
  }
}

async function expectKept(name: string, machine: MachineConfiguration, choices: HostChoices): Promise<void> {
  const [qemu, ...rest] = buildArguments(machine, choices);
  const lines = rest.reduce<string[]>((all, word) => {
    const last = all.at(-1);
    // An option and its value share a line.
    if (word.startsWith('-') || last === undefined || !/^-\S+$/.test(last)) all.push(word);
    else all[all.length - 1] = `${last} ${word}`;
    return all;
  }, []);
  await expect(`${[qemu, ...lines].join('\n')}\n`).toMatchFileSnapshot(`./qemu-arguments/${name}.args`);
}
