import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findObstacle } from '../../../scripts/guests/apt.ts';
import { getLinuxGuest } from '../../guests/index.ts';
import { type GuestShell, openGuestShell } from '../../kit/guest-shell.ts';
import { findProcesses } from '../../kit/processes.ts';
import { findTool, requireOrSkip } from '../../kit/require-tool.ts';
import { spawnBothy } from '../../kit/run-bothy.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

beforeAll(async () => {
  if (findObstacle() === undefined) await getLinuxGuest();
}, 300_000);
beforeEach((context) => requireOrSkip(context, findTool('swtpm') !== undefined, 'swtpm is not installed'));

/** The emulators that live in a home. */
function listEmulators(folder: string): readonly string[] {
  return findProcesses(folder)
    .map(({ commandLine }) => commandLine)
    .filter((commandLine) => /\bswtpm\b/.test(commandLine));
}

/** Sends a command of the TPM 2.0 Library, part 3, and gives the answer; both are hexadecimal. */
async function askTpm(shell: GuestShell, command: string): Promise<string> {
  const escaped = command.replace(/../g, (byte) => `\\x${byte}`);
  // The device takes a command in one piece only, and printf writes several.
  const exchange = `printf '${escaped}' | dd bs=4096 count=1 iflag=fullblock >&3; dd bs=4096 count=1 <&3`;
  const answer = await shell.run(`exec 3<>/dev/tpm0; { ${exchange}; } 2>/dev/null | hexdump -v -e '/1 "%02x"'; echo; exec 3>&-`);
  expect(answer).toMatch(/^800[12].{8}00000000/);
  return answer;
}

/** How often the TPM was reset so far, which it keeps in its state: TPM2_ReadClock. */
async function readResetCount(shell: GuestShell): Promise<number> {
  return Number.parseInt((await askTpm(shell, '80010000000a00000181')).slice(52, 60), 16);
}

async function buildGuest() {
  const { packedKernel, initrd, append } = await getLinuxGuest();
  const source = { type: 'kernel', kernel: packedKernel, initrd, append } as const;
  return { name: 'one', source, tpm: true, memoryMiB: 256, cpus: 1, accelerator: 'tcg', network: 'none' } as const;
}

test('a guest has a TPM 2.0 whose state outlives it, and no emulator does', async (context) => {
  skipWithoutGuests(context);
  const { core, machine, folder } = useCore();
  await machine.create({ ...(await buildGuest()), start: true }, {});
  const shell = await openGuestShell(core, 'one');
  await shell.waitForBoot();
  expect(await shell.run('cat /sys/class/tpm/tpm0/tpm_version_major')).toBe('2');
  expect(await readResetCount(shell)).toBe(1);
  await machine.kill({ machine: 'one' }, {});
  expect(listEmulators(folder)).toEqual([]);
  await machine.start({ machine: 'one' }, {});
  await shell.waitForBoot();
  expect(await readResetCount(shell)).toBe(2);
  await machine.shutdown({ machine: 'one' }, {});
  await machine.wait({ machine: 'one', for: 'off', timeoutSeconds: 30 }, {});
  await waitUntil('the end of the emulator', () => listEmulators(folder).length === 0);
  const { id } = await machine.info({ machine: 'one' }, {});
  expect(readdirSync(join(folder, 'machines', id)).filter((name) => name.startsWith('tpm'))).toEqual(['tpm']);
});

test('what a TPM holds goes with the memory: suspended and back, and back to a snapshot', async (context) => {
  skipWithoutGuests(context);
  const { core, machine, folder } = useCore();
  await machine.create({ ...(await buildGuest()), diskSize: 1024 ** 2, start: true }, {});
  const shell = await openGuestShell(core, 'one');
  await shell.waitForBoot();
  // Register 16 is there for tests: TPM2_PCR_Extend, with an empty password.
  const read = () => shell.run('cat /sys/class/tpm/tpm0/pcr-sha256/16');
  const extend = `80020000004100000182000000100000000940000009000000000000000001000b${'5a'.repeat(32)}`;
  const { snapshot } = core.handlers;
  const empty = await read();
  expect(empty).toBe('0'.repeat(64));
  await snapshot.create({ machine: 'one', name: 'before' }, {});
  await askTpm(shell, extend);
  const extended = await read();
  expect(extended).not.toBe(empty);
  await machine.suspend({ machine: 'one' }, {});
  expect(listEmulators(folder)).toEqual([]);
  await machine.start({ machine: 'one' }, {});
  expect(await read()).toBe(extended);
  await snapshot.restore({ machine: 'one', snapshot: 'before', present: 'discard' }, {});
  expect(await read()).toBe(empty);
  expect(listEmulators(folder)).toHaveLength(1);
  await askTpm(shell, extend);
  expect(await read()).toBe(extended);
});

test('a home with commas, spaces, quotes and equals signs in its path', async () => {
  const { home } = useCore();
  const strange = join(home.scratch, 'a, b="c"=d');
  mkdirSync(strange);
  const { core } = useCore({ BOTHY_HOME: strange }, home);
  const { machine } = core.handlers;
  await machine.create({ name: 'one', ...tinyMachine, tpm: true, start: true }, {});
  expect(listEmulators(strange)).toHaveLength(1);
  expect(await machine.kill({ machine: 'one' }, {})).toMatchObject({ state: 'off' });
  expect(listEmulators(strange)).toEqual([]);
});

describe('no emulator is left', () => {
  test('when QEMU does not start', async () => {
    const { machine, folder } = useCore();
    await machine.create({ name: 'one', ...tinyMachine, tpm: true, extraArguments: ['-no-such-option'] }, {});
    expect(await getFailure(machine.start({ machine: 'one' }, {}))).toMatchObject({ code: 'qemu-failed' });
    expect(listEmulators(folder)).toEqual([]);
  });

  test('when QEMU is killed', async () => {
    const { machine, folder } = useCore();
    await machine.create({ name: 'one', ...tinyMachine, tpm: true, start: true }, {});
    const { pid } = await machine.info({ machine: 'one' }, {});
    process.kill(pid ?? 0, 'SIGKILL');
    await waitUntil('the end of the emulator', () => listEmulators(folder).length === 0);
    await waitUntil('a crash', async () => (await machine.info({ machine: 'one' }, {})).state === 'crashed');
    expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  });

  test('when the starter is killed at any moment, once somebody has looked', async () => {
    const { machine, folder, home } = useCore();
    const { id } = await machine.create({ name: 'one', ...tinyMachine, tpm: true }, {});
    const emulator = join(folder, 'machines', id, 'tpm.pid');
    for (const momentMs of [0, 5, 10, 20, 40, 80]) {
      const starter = spawnBothy(home, ['start', 'one']);
      await waitUntil('the emulator', () => existsSync(emulator), { intervalMs: 1 });
      await new Promise((resolve) => setTimeout(resolve, momentMs));
      starter.kill('SIGKILL');
      await waitUntil('a settled machine', async () => (await machine.info({ machine: 'one' }, {})).state !== 'starting');
      await machine.kill({ machine: 'one' }, {}).catch(() => undefined);
      await waitUntil('the end of the emulator', () => listEmulators(folder).length === 0);
      expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
      await machine.kill({ machine: 'one' }, {});
    }
  }, 120_000);

  test('when the machine was deleted by hand meanwhile', async () => {
    const { machine, folder } = useCore();
    const { id } = await machine.create({ name: 'one', ...tinyMachine, tpm: true, start: true }, {});
    const { pid } = await machine.info({ machine: 'one' }, {});
    rmSync(join(folder, 'machines', id), { recursive: true });
    process.kill(pid ?? 0, 'SIGKILL');
    await waitUntil('the end of the emulator', () => listEmulators(folder).length === 0);
    await waitUntil(
      'an empty list',
      async () => (await machine.list({}, {})).length === 0 && readdirSync(join(folder, 'run')).length === 0,
    );
  });
});

describe('a machine with a TPM is refused', () => {
  test('where swtpm is missing: with the command that installs it, when it is made and when it starts', async () => {
    const { machine, home } = useCore();
    await machine.create({ name: 'one', ...tinyMachine, tpm: true }, {});
    const tools = {
      BOTHY_QEMU: findTool('qemu-system-x86_64') ?? '',
      BOTHY_QEMU_IMG: findTool('qemu-img') ?? '',
      PATH: home.scratch,
    };
    const without = useCore(tools, home).machine;
    const missing = { code: 'helper-missing', message: expect.stringContaining('swtpm'), hint: expect.stringContaining('swtpm') };
    expect(await getFailure(without.create({ name: 'two', ...tinyMachine, tpm: true }, {}))).toMatchObject(missing);
    expect(await getFailure(without.start({ machine: 'one' }, {}))).toMatchObject(missing);
    expect(await without.list({}, {})).toMatchObject([{ name: 'one', state: 'off' }]);
  });

  test('when swtpm fails: in its words', async () => {
    const failing = join(import.meta.dirname, '../../fixtures/bin/swtpm-fails');
    const { machine, folder } = useCore({ PATH: `${failing}:${process.env['PATH']}` });
    await machine.create({ name: 'one', ...tinyMachine, tpm: true }, {});
    expect(await getFailure(machine.start({ machine: 'one' }, {}))).toMatchObject({
      code: 'tool-failed',
      message: 'The TPM of “one” did not start: swtpm: this emulator is out of order',
    });
    expect(await machine.list({}, {})).toMatchObject([{ state: 'off' }]);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  test('when its state is damaged or gone', async () => {
    const { machine, folder } = useCore();
    const { id } = await machine.create({ name: 'one', ...tinyMachine, tpm: true }, {});
    const state = join(folder, 'machines', id, 'tpm');
    writeFileSync(join(state, 'tpm2-00.permall'), 'no TPM state at all');
    const damaged = await getFailure(machine.start({ machine: 'one' }, {}));
    expect(damaged).toMatchObject({
      code: 'qemu-failed',
      message: expect.stringContaining('TPM'),
      hint: expect.stringContaining('snapshot'),
    });
    expect(listEmulators(folder)).toEqual([]);
    rmSync(state, { recursive: true });
    expect(await getFailure(machine.start({ machine: 'one' }, {}))).toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining(state),
    });
  });
});
