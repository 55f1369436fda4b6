import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Core } from '../../../core/core.ts';
import { createCore } from '../../../core/create-core.ts';
import { withMonitor } from '../../../core/qemu/with-monitor.ts';
import { getLinuxGuest } from '../../guests/index.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/bin');

function useCore(more: { kvmDevice?: string; qemu?: string } = {}): { core: Core; folder: string } {
  const home = useTestHome();
  const environment = more.qemu === undefined ? home.environment : { ...home.environment, BOTHY_QEMU: more.qemu };
  const core = createCore({ environment, ...(more.kvmDevice === undefined ? {} : { kvmDevice: more.kvmDevice }) });
  onTestFinished(async () => {
    for (const machine of await core.handlers.machine.list({}, {})) {
      await core.handlers.machine.kill({ machine: machine.id }, {}).catch(() => {});
    }
    await core.close();
  });
  return { core, folder: home.folder };
}

const tiny = { source: { type: 'empty' }, memoryMiB: 128, cpus: 1, diskSize: 0 } as const;

describe('auto', () => {
  test('is KVM on a host where it works (TCG stands in for the CPU)', async () => {
    const { core } = useCore({ qemu: join(fixtures, 'kvm-works/qemu-system-x86_64'), kvmDevice: '/dev/null' });
    await core.handlers.machine.create({ name: 'one', ...tiny }, {});
    const { argv } = await core.handlers.machine.qemu({ machine: 'one' }, {});
    expect(argv).toContain('-enable-kvm');
    expect(argv[argv.indexOf('-cpu') + 1]).toMatch(/^host/);
    expect(await core.handlers.machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running', accelerator: 'kvm' });
    expect(await core.handlers.machine.info({ machine: 'one' }, {})).toMatchObject({ notice: null });
  });

  test('is TCG with the reason on a host without the device', async () => {
    const { core } = useCore({ kvmDevice: '/dev/there-is-no-such-device' });
    await core.handlers.machine.create({ name: 'one', ...tiny, start: true }, {});
    const info = await core.handlers.machine.info({ machine: 'one' }, {});
    expect(info).toMatchObject({ state: 'running', accelerator: 'tcg', notice: expect.stringContaining('no-such-device') });
  });

  test('is TCG with the reason on a host whose KVM hangs', async () => {
    const { core } = useCore({ qemu: join(fixtures, 'kvm-wrong/qemu-system-x86_64'), kvmDevice: '/dev/null' });
    await core.handlers.machine.create({ name: 'one', ...tiny }, {});
    const { argv } = await core.handlers.machine.qemu({ machine: 'one' }, {});
    expect(argv).not.toContain('-enable-kvm');
  });
});

describe('KVM that is asked for', () => {
  test('without the device is refused with what to do', async () => {
    const { core } = useCore({ kvmDevice: '/dev/there-is-no-such-device' });
    await core.handlers.machine.create({ name: 'one', ...tiny, accelerator: 'kvm' }, {});
    const failure = await core.handlers.machine.start({ machine: 'one' }, {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'accelerator-unavailable',
      message: expect.stringContaining('no-such-device'),
      hint: expect.anything(),
    });
    expect(await core.handlers.machine.list({}, {})).toMatchObject([{ state: 'off' }]);
  });

  test('runs for real: QEMU says it is enabled, and the firmware writes on the screen', async (context) => {
    if (!canOpenKvm()) context.skip('/dev/kvm cannot be opened on this host');
    const { core, folder } = useCore();
    const { id } = await core.handlers.machine.create({ name: 'one', ...tiny, accelerator: 'kvm' }, {});
    expect(await core.handlers.machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running', accelerator: 'kvm' });
    const status = await withMonitor(join(folder, 'run', id), (monitor) => monitor.execute('query-kvm'));
    expect(status).toEqual({ enabled: true, present: true });
    // The text screen's memory: a character and its colour, 80 to a line. "SeaBIOS" or "iPXE" are what firmware writes.
    const text = await waitUntil(
      'the text of the firmware',
      async () => {
        const screen = readTextScreen(
          await withMonitor(join(folder, 'run', id), (monitor) => dumpTextMemory(monitor.execute, folder)),
        );
        return /SeaBIOS|iPXE/.test(screen) ? screen : undefined;
      },
      { timeoutMs: 60_000, intervalMs: 200 },
    );
    expect(text).toMatch(/SeaBIOS|iPXE/);
  });

  test('that gets nowhere is reported as that, with the way out', async (context) => {
    if (!canOpenKvm()) context.skip('/dev/kvm cannot be opened on this host');
    const { core } = useCore();
    const { kvm } = await core.handlers.host.doctor({}, {});
    if (kvm.usable) context.skip('KVM works on this host');
    const { kernel, initrd, append } = await getLinuxGuest();
    const settings = { memoryMiB: 512, cpus: 1, accelerator: 'kvm', source: { type: 'kernel', kernel, initrd, append } } as const;
    await core.handlers.machine.create({ name: 'one', ...settings, start: true }, {});
    const problem = await waitUntil(
      'the problem to be noticed',
      async () => (await core.handlers.machine.info({ machine: 'one' }, {})).problems[0],
      {
        timeoutMs: 60_000,
        intervalMs: 200,
      },
    );
    expect(problem).toMatchObject({
      message: expect.stringContaining('KVM on this host'),
      hint: expect.stringContaining('accelerator=tcg'),
    });
    // The way out works.
    await core.handlers.machine.kill({ machine: 'one' }, {});
    await core.handlers.machine.set({ machine: 'one', settings: { accelerator: 'tcg' } }, {});
    expect(await core.handlers.machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running', accelerator: 'tcg' });
  });
});

function canOpenKvm(): boolean {
  try {
    readFileSync('/dev/kvm', { flag: 'r+' });
    return true;
  } catch (error) {
    // Opening works; only reading from it does not.
    return (error as NodeJS.ErrnoException).code === 'EINVAL';
  }
}

/** Saves the 4,000 bytes of the text screen (physical address 0xb8000) to a file and reads it. */
async function dumpTextMemory(
  execute: (command: string, parameters: object) => Promise<unknown>,
  folder: string,
): Promise<Buffer> {
  const file = join(folder, 'text-screen.bin');
  await execute('pmemsave', { val: 0xb8000, size: 4000, filename: file });
  return readFileSync(file);
}

function readTextScreen(memory: Buffer): string {
  return Buffer.from(memory.filter((_byte, index) => index % 2 === 0)).toString('latin1');
}
