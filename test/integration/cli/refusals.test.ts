import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { machineSummarySchema } from '../../../contract/machine.ts';
import { writeEchoGuest } from '../../kit/echo-guest.ts';
import { failBothy, runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { useTestHome } from '../../kit/test-home.ts';

const fast = ['--disk', '0', '--memory', '32M', '--accelerator', 'tcg', '--network', 'none'];

describe('wrong usage: exit code 2 and the next step', () => {
  test.each<[string[], string, string]>([
    [['strat'], 'Unknown command “strat”.', 'Did you mean start?'],
    [['strat', '--help'], 'Unknown command “strat”.', 'Did you mean start?'],
    [['help', 'nonsense'], 'Unknown command “nonsense”.', 'See: bothy --help'],
    [['snapshot', 'take', 'demo'], 'Unknown command “snapshot take”.', 'See: bothy snapshot --help'],
    [['start'], 'Missing required argument “NAME”.', 'See: bothy start --help'],
    [['list', 'demo'], 'Too many arguments for “list”.', 'See: bothy list --help'],
    [['list', '--jsn'], 'Unknown option “--jsn”.', 'Did you mean --json?'],
    [['wait', 'demo'], 'Required option “--for <CONDITION>” not specified.', 'See: bothy wait --help'],
    [['create', 'demo', '--memory', 'lots'], '--memory: “lots” is not a memory size.', '2G'],
    [['create', 'demo', '--disk', '20'], '--disk: “20” is not a disk size.', '20G'],
    [['create', 'demo', '--cpus', 'two'], '--cpus: “two” is not a whole number.', 'digits'],
    [['create', 'demo', '--port', '22'], '--port: “22” is not a port forward.', '2222:22'],
    [['create', 'demo', '--from', 'a', '--kernel', 'b'], '--from and --kernel cannot be given together.', 'one of them'],
    [['create', 'demo', '--append', 'quiet'], '--initrd and --append need --kernel.', '--kernel FILE'],
    [['create', 'demo', '--firmware', 'coreboot'], '--firmware: “coreboot” is none of bios, uefi, uefi-secure.', 'one of these'],
    [['create', 'demo', '--network', 'lab'], '--network: “lab” is none of user, none.', 'one of these'],
    [['set', 'demo', 'colour=red'], 'There is no setting “colour”.', 'memory'],
    [['set', 'demo', 'memory'], '“memory” is not a setting.', 'memory=2G'],
    [['completion', 'tcsh'], 'There is no completion for “tcsh”.', 'bash, zsh, fish'],
    [['serve', '--port', '70000'], '--port: “70000” is not a port.', '65535'],
  ])('bothy %j', async (args, message, hint) => {
    const home = useTestHome();
    const result = await runBothy(home, args);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    const [first, second] = result.stderr.split('\n');
    expect(first).toMatch(/^bothy: /);
    expect(first).toContain(message);
    expect(second).toMatch(/^hint: /);
    expect(second).toContain(hint);
  });
});

describe('names that cannot be', () => {
  test.each(['', 'a/b', '..', '.', 'a b', '🙂', 'a\nb', '\u001b[31m', '-', 'x'.repeat(300)])('%j', async (name) => {
    const home = useTestHome();
    const { exitCode, error } = await failBothy(home, ['create', ...fast, '--', name]);
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'invalid-input' });
    expect(error.hint).toContain('1 to 63');
    expect(await runBothyJson(home, ['list'])).toEqual([]);
  });

  test('one that is taken', async () => {
    const home = useTestHome();
    await runBothyJson(home, ['create', 'demo', ...fast]);
    expect(await failBothy(home, ['create', 'demo', ...fast])).toMatchObject({ exitCode: 1, error: { code: 'name-taken' } });
    expect(await runBothyJson(home, ['list'])).toHaveLength(1);
  });
});

describe('numbers that cannot be', () => {
  test.each<[string[], number]>([
    [['--cpus', '0'], 2],
    [['--cpus', '-1'], 2],
    [['--cpus', '10000'], 2],
    [['--memory', '0'], 2],
    [['--memory', '900T'], 1],
    [['--disk', '900000T'], 2],
    [['--port', '2222:22', '--port', '2222:23'], 2],
  ])('%j', async (options, expected) => {
    const home = useTestHome();
    const { exitCode, error } = await failBothy(home, ['create', 'demo', ...options]);
    expect(exitCode, error.message).toBe(expected);
    expect(error.hint).toBeTruthy();
    expect(await runBothyJson(home, ['list'])).toEqual([]);
  });
});

describe('sources that cannot be', () => {
  const sources: readonly [string, string, (scratch: string) => string][] = [
    ['a missing ISO', 'file-not-found', (scratch) => join(scratch, 'missing.iso')],
    ['a folder', 'file-unreadable', (scratch) => scratch],
    [
      'a text file',
      'image-invalid',
      (scratch) => {
        writeFileSync(join(scratch, 'notes.txt'), 'not an image\n');
        return 'notes.txt';
      },
    ],
    [
      'an image with a backing file',
      'image-unsafe',
      (scratch) => {
        writeEchoGuest(scratch);
        execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', 'echo.img', '-F', 'raw', 'overlay.qcow2'], {
          cwd: scratch,
        });
        return 'overlay.qcow2';
      },
    ],
    [
      'an image with a data file',
      'image-unsafe',
      (scratch) => {
        execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', 'data_file=d.raw', 'outer.qcow2', '1M'], { cwd: scratch });
        return 'outer.qcow2';
      },
    ],
    [
      'a pipe',
      'file-unreadable',
      (scratch) => {
        execFileSync('mkfifo', ['pipe.iso'], { cwd: scratch });
        return 'pipe.iso';
      },
    ],
  ];
  test.each(sources)('%s', async (_what, code, prepare) => {
    const home = useTestHome();
    const { exitCode, error } = await failBothy(home, ['create', 'demo', '--from', prepare(home.scratch)]);
    expect({ exitCode, code: error.code }, error.message).toEqual({ exitCode: 1, code });
    expect(error.hint).toBeTruthy();
    expect(await runBothyJson(home, ['list'])).toEqual([]);
    expect(readdirSync(join(home.folder, 'machines')).filter((name) => !name.startsWith('.'))).toEqual([]);
  });
});

test('an unknown machine: exit code 3; a start of an id that fits several: 3 too', async () => {
  const home = useTestHome();
  for (const args of [
    ['info', 'nope'],
    ['start', 'nope'],
    ['console', 'nope'],
    ['set', 'nope', 'cpus=1'],
    ['delete', ''],
  ])
    expect((await runBothy(home, args)).exitCode, args.join(' ')).toBe(3);
  expect(await failBothy(home, ['info', '../etc'])).toMatchObject({ exitCode: 3, error: { code: 'not-found' } });
});

test('a broken machine is listed with the others, explained, and can be deleted', async () => {
  const home = useTestHome();
  const { id } = machineSummarySchema.parse(await runBothyJson(home, ['create', 'good', ...fast]));
  for (const [folder, content] of [
    ['brokenbroken', '{"schemaVersion": 1, "id'],
    ['newernewer00', '{"schemaVersion": 99}'],
  ] as const) {
    mkdirSync(join(home.folder, 'machines', folder));
    writeFileSync(join(home.folder, 'machines', folder, 'machine.json'), content);
  }
  const listed = machineSummarySchema.array().parse(await runBothyJson(home, ['list']));
  expect(Object.fromEntries(listed.map((one) => [one.id, one.state]))).toEqual({
    [id]: 'off',
    brokenbroken: 'broken',
    newernewer00: 'broken',
  });
  expect((await runBothy(home, ['info', 'brokenbroken'])).stdout).toMatch(/^Problems +\S/m);
  expect(await failBothy(home, ['start', 'brokenbroken'])).toMatchObject({ exitCode: 4, error: { code: 'machine-broken' } });
  expect((await runBothy(home, ['delete', 'brokenbroken', 'newernewer00'])).exitCode).toBe(0);
  expect(await runBothyJson(home, ['list'])).toHaveLength(1);
});

test('an argument QEMU does not know: its own words, and no machine running', async () => {
  const home = useTestHome();
  await runBothyJson(home, ['create', 'demo', ...fast, '--qemu-arg=-no-such-option']);
  const result = await runBothy(home, ['start', 'demo']);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain('no-such-option');
  expect((await runBothy(home, ['list'])).stdout).toMatch(/demo +off/);
});

test('a home too deep for sockets: refused before anything is made', async () => {
  const home = useTestHome();
  const environment = { BOTHY_HOME: join(home.scratch, 'x'.repeat(110)) };
  const { exitCode, error } = await failBothy(home, ['create', 'demo', ...fast], { environment });
  expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'path-too-long' });
  expect(await runBothyJson(home, ['list'], { environment })).toEqual([]);
});

test('QEMU missing: the command that installs it', async () => {
  const home = useTestHome();
  const bin = join(home.scratch, 'bin');
  mkdirSync(bin);
  const environment = { PATH: bin };
  const { exitCode, error } = await failBothy(home, ['create', 'demo', ...fast, '--start'], { environment });
  expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'qemu-missing' });
  expect(await runBothyJson(home, ['list'], { environment })).toEqual([]);
});

test('a home that may not be written, unless one is root', async (context) => {
  if (process.getuid?.() === 0) context.skip('root may write everywhere');
  const home = useTestHome();
  chmodSync(home.folder, 0o500);
  const { exitCode, error } = await failBothy(home, ['create', 'demo', ...fast]);
  chmodSync(home.folder, 0o700);
  expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'permission-denied' });
});
