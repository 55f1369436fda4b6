import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { machineDefinitionSchema } from '../../../contract/machine.ts';
import { emptyTimeline } from '../../../contract/timeline.ts';
import { withMonitor } from '../../../core/qemu/with-monitor.ts';
import { buildShape, type MachineShape, machineShapes } from '../../fixtures/machine-shapes.ts';
import { qemuImg, writeIsoImage, writeKernel, writeRawImage } from '../../kit/disk-images.ts';
import { listOpenFiles } from '../../kit/processes.ts';
import { type CoreOfTest, getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const id = '0123456789ab';

/** Writes a machine's folder by hand, as `create` would leave it. */
function defineMachine({ folder, scratch }: CoreOfTest, shape: MachineShape): void {
  const machine = buildShape(
    shape,
    {
      iso: writeIsoImage(join(scratch, 'cd, "x"=y.iso')),
      kernel: writeKernel(join(scratch, 'vmlinuz')),
      initrd: writeRawImage(join(scratch, 'initrd, a=b')),
      bootFile: writeRawImage(join(scratch, 'boot, file=x')),
    },
    id,
  );
  const home = join(folder, 'machines', id);
  mkdirSync(join(home, 'disks'), { recursive: true });
  if (machine.tpm !== null) mkdirSync(join(home, machine.tpm));
  for (const { file, format } of machine.disks) qemuImg('create', '-q', '-f', format, join(home, file), '64M');
  writeFileSync(
    join(home, 'machine.json'),
    JSON.stringify(
      machineDefinitionSchema.parse({ ...machine, timeline: emptyTimeline, template: null, throwaway: null, origin: null }),
    ),
  );
}

describe('QEMU accepts the command line of a machine with', () => {
  for (const [name, shape] of Object.entries(machineShapes)) {
    if (shape.accelerator === 'kvm' || shape.build({ iso: '', kernel: '', initrd: '', bootFile: '' }).firmware !== undefined)
      continue;
    test(name, async () => {
      const site = useCore();
      defineMachine(site, { ...shape, build: (places) => ({ ...shape.build(places), accelerator: 'tcg' }) });
      expect(await site.machine.start({ machine: id }, {})).toMatchObject({ state: 'running', accelerator: 'tcg' });
      const status = await withMonitor(join(site.folder, 'run', id), (monitor) => monitor.execute('query-status'));
      expect(status).toMatchObject({ status: 'running', running: true });
    });
  }

  for (const firmware of ['uefi', 'uefi-secure'] as const) {
    test(`${firmware} and variables of its own`, async () => {
      const { machine, folder } = useCore();
      const created = await machine.create({ name: 'one', ...tinyMachine, memoryMiB: 256, firmware }, {});
      const variables = join(folder, 'machines', created.id, 'nvram.fd');
      expect(statSync(variables).mode & 0o777).toBe(0o600);
      expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
      const { argv } = await machine.qemu({ machine: 'one' }, {});
      const images = argv.filter((word) => word.includes('"firmware-'));
      expect(images).toHaveLength(2);
      expect(images[1]).toContain(variables);
      expect(images[0]).toContain('"read-only":true');
      await machine.kill({ machine: 'one' }, {});
      await machine.create({ name: 'two', ...tinyMachine, memoryMiB: 256, firmware }, {});
      expect(await machine.start({ machine: 'two' }, {})).toMatchObject({ state: 'running' });
      expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
    });
  }

  test('a home whose path has commas, quotes, spaces and equals signs', async () => {
    const { home, machine } = useCore();
    const strange = join(home.scratch, 'a, b="c"=d');
    mkdirSync(strange);
    const { core } = useCore({ BOTHY_HOME: strange }, home);
    const { machine: inStrange } = core.handlers;
    await inStrange.create({ name: 'one', ...tinyMachine, diskSize: 1024 ** 2 }, {});
    expect(await inStrange.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
    const info = await inStrange.info({ machine: 'one' }, {});
    for (const path of [info.display?.path, info.serial?.path, info.serial?.log]) {
      expect(path?.startsWith(strange)).toBe(true);
      expect(statSync(path ?? '').isFile() || statSync(path ?? '').isSocket()).toBe(true);
    }
    expect(await machine.list({}, {})).toEqual([]);
  });

  test('no port of any kind open', async () => {
    const { machine } = useCore();
    await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
    const { pid } = await machine.info({ machine: 'one' }, {});
    // Listening TCP sockets (state 0A) of the network namespace, by inode; then those of this process.
    const listening = ['tcp', 'tcp6'].flatMap((name) =>
      readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === '0A')
        .map((fields) => fields[9]),
    );
    const own = listOpenFiles(pid);
    expect(listening.filter((inode) => own.includes(`socket:[${inode}]`))).toEqual([]);
    expect(own.some((target) => target.startsWith('socket:'))).toBe(true);
  });
});

test('a machine type that this QEMU does not know is named as the reason', async () => {
  const site = useCore();
  defineMachine(site, { accelerator: 'tcg', build: () => ({ machineType: 'pc-q35-99.9', accelerator: 'tcg' }) });
  expect(await getFailure(site.machine.start({ machine: id }, {}))).toMatchObject({
    code: 'qemu-failed',
    message: expect.stringContaining('does not know the machine type'),
  });
});

describe('the UEFI variables of a machine', () => {
  test('are raw also where the distribution ships them as qcow2', async () => {
    const { home, scratch } = useCore();
    const configuration = join(scratch, 'config');
    mkdirSync(join(configuration, 'qemu/firmware'), { recursive: true });
    const raw = join(scratch, 'code_4M.fd');
    writeFileSync(raw, Buffer.alloc(540_672, 'v'));
    qemuImg('convert', '-f', 'raw', '-O', 'qcow2', raw, join(scratch, 'vars.qcow2'));
    const image = (filename: string, format: string) => ({ filename, format });
    writeFileSync(
      join(configuration, 'qemu/firmware/10-ours.json'),
      JSON.stringify({
        'interface-types': ['uefi'],
        mapping: {
          device: 'flash',
          executable: image(raw, 'raw'),
          'nvram-template': image(join(scratch, 'vars.qcow2'), 'qcow2'),
        },
        targets: [{ architecture: 'x86_64', machines: ['pc-q35-*'] }],
        features: [],
      }),
    );
    const { machine, folder } = useCore({ XDG_CONFIG_HOME: configuration }, home);
    const { id: created } = await machine.create({ name: 'one', ...tinyMachine, firmware: 'uefi' }, {});
    const variables = join(folder, 'machines', created, 'nvram.fd');
    expect(readFileSync(variables).equals(readFileSync(raw))).toBe(true);
    expect(statSync(variables).mode & 0o777).toBe(0o600);
  });

  test('are opened as raw whatever a guest wrote into them', async () => {
    const { machine, folder, scratch } = useCore();
    const { id: created } = await machine.create({ name: 'one', ...tinyMachine, memoryMiB: 256, firmware: 'uefi' }, {});
    const variables = join(folder, 'machines', created, 'nvram.fd');
    const secret = writeRawImage(join(scratch, 'secret'));
    const forged = join(scratch, 'forged.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-b', secret, '-F', 'raw', forged, String(statSync(variables).size));
    const content = readFileSync(variables);
    readFileSync(forged).copy(content);
    writeFileSync(variables, content);
    const { argv } = await machine.qemu({ machine: 'one' }, {});
    const blockdev = argv.find((word) => word.includes('"firmware-variables"')) ?? '{}';
    expect(JSON.parse(blockdev)).toMatchObject({ driver: 'raw' });
    expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
    const { pid } = await machine.info({ machine: 'one' }, {});
    const open = listOpenFiles(pid);
    expect(open).toContain(variables);
    expect(open).not.toContain(secret);
  });
});

test('a QEMU built without sandbox and user networking runs machines all the same, and says what they go without', async () => {
  const bare = join(import.meta.dirname, '../../fixtures/bin/qemu-is-bare');
  const { machine } = useCore({ BOTHY_QEMU: '', PATH: `${bare}:${process.env['PATH']}` });
  await machine.create({ name: 'one', ...tinyMachine }, {});
  expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  const { notice } = await machine.info({ machine: 'one' }, {});
  expect(notice).toContain('no network card');
  expect(notice).toContain('without QEMU’s sandbox');
});
