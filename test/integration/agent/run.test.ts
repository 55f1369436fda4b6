import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtCli, collect } from '../../kit/built-cli.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import { runBothy, spawnBothy } from '../../kit/run-bothy.ts';
import { shareDemoTemplate } from '../../kit/share-demo-template.ts';
import type { TestHome } from '../../kit/test-home.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const shared = shareDemoTemplate();

it('is over soon when the guest hangs or is gone, and says so', async () => {
  const { core, home } = shared;
  const { machine } = core.handlers;
  const begin = async (...words: string[]) => {
    const child = spawnBothy(home, ['run', 'demo', ...words, '--', 'sh', '-c', 'echo begun; sleep 100']);
    const ended = collect(child);
    await once(child.stdout, 'data');
    const [qemu] = listQemus(home);
    return { child, ended, signalQemu: (signal: NodeJS.Signals) => process.kill(qemu?.pid ?? 0, signal) };
  };
  // A bound against waiting for each answer that never comes: that took 7 seconds and more.
  const soonMs = 6000;
  const late = await begin('--timeout', '1');
  late.signalQemu('SIGSTOP');
  const stoppedAt = performance.now();
  expect(await late.ended).toMatchObject({ exitCode: 124 });
  expect(performance.now() - stoppedAt).toBeLessThan(soonMs);

  const interrupted = await begin();
  interrupted.signalQemu('SIGSTOP');
  const interruptedAt = performance.now();
  interrupted.child.kill('SIGINT');
  expect(await interrupted.ended).toMatchObject({ exitCode: 130 });
  expect(performance.now() - interruptedAt).toBeLessThan(soonMs);

  const killed = await begin();
  killed.signalQemu('SIGKILL');
  const words = /^bothy: “demo-\w{4}” crashed while its command ran: QEMU ended unexpectedly/;
  expect(await killed.ended).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(words) });
  expect(await machine.list({}, {})).toEqual([]);
});

it('ends while it waits for input that does not end, and when its output cannot be written', async () => {
  const { core, home } = shared;
  const before = listMachines(home);
  const waiting = spawnBothy(home, ['run', 'demo', '--json', '-i', '--', 'cat']);
  const ended = collect(waiting);
  // More than a pipe holds (pipe(7)), so it reads when that has left.
  await new Promise((resolve) => waiting.stdin.write(Buffer.alloc(1_000_000), resolve));
  waiting.kill('SIGTERM');
  expect(await ended).toMatchObject({ exitCode: 143, stdout: '' });
  expect(listMachines(home)).toEqual(before);

  for (const words of [
    ['run', 'demo', '--', 'yes'],
    ['run', 'demo', '--json', '--', 'true'],
  ]) {
    const line = '"$0" "$@" > /dev/full';
    const full = spawn('sh', ['-c', line, builtCli, ...words], { cwd: home.scratch, env: home.environment });
    const told = /^bothy: the output cannot be written: .*no space left on device.*\n/;
    expect(await collect(full), words.join(' ')).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(told) });
    expect(listMachines(home)).toEqual(before);
  }
  expect(await core.handlers.machine.list({}, {})).toEqual([]);
});

function listMachines({ folder }: TestHome): string[] {
  return readdirSync(join(folder, 'machines')).toSorted();
}

it('with its console ends when the guest turns itself off', async () => {
  const { core, home } = shared;
  const before = listMachines(home);
  const child = spawn('script', ['-qec', `"${builtCli}" run demo`, '/dev/null'], { cwd: home.scratch, env: home.environment });
  const ended = collect(child);
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
  });
  await waitUntil('the console', () => screen.includes('Ctrl+] leaves'));
  const [machine] = await core.handlers.machine.list({}, {});
  await core.handlers.machine.exec(
    { machine: machine?.id ?? '', command: ['sh', '-c', '(sleep 0.3; poweroff -f) </dev/null >/dev/null 2>&1 &'] },
    {},
  );
  expect(await ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/“demo-\w{4}” has ended\./) });
  expect(listMachines(home)).toEqual(before);
});

it('runs commands in throwaways that are gone afterwards, whatever became of the command', async () => {
  const { core, home } = shared;
  const { machine } = core.handlers;
  const { scratch } = home;
  const run = (...words: string[]) => runBothy(home, ['run', 'demo', ...words]);

  const plain = await run('--trace', '--', 'sh', '-c', 'hostname; echo wrong >&2; exit 7');
  expect(plain).toMatchObject({ exitCode: 7, stdout: expect.stringMatching(/^demo-\w{4}\n$/) });
  expect(plain.stderr).toMatch(/wrong\n[\s\S]*ms {2}command\n[\s\S]*ms {2}total\n$/);

  const data = randomBytes(3_000_000);
  const folder = join(scratch, 'in');
  mkdirSync(folder);
  writeFileSync(join(folder, 'data'), data);
  writeFileSync(join(folder, 'name'), 'somebody');
  const hash = createHash('md5').update(data).digest('hex');
  expect((await run('--stdin', join(folder, 'data'), '--', 'md5sum')).stdout).toBe(`${hash}  -\n`);
  const unread = { exitCode: 125, stderr: expect.stringMatching(/“.*in” cannot be read: it is a folder\.\nhint: /) };
  expect(await run('--stdin', folder, '--', 'wc')).toMatchObject(unread);
  const copies = ['--copy', `${folder}:/tmp/in`, '--copy-out', `/tmp/in:${join(scratch, 'out')}`];
  expect((await run(...copies, '--workdir', '/tmp/in', '--', 'sh', '-c', 'echo more >more; exit 3')).exitCode).toBe(3);
  expect(readFileSync(join(scratch, 'out/data')).equals(data)).toBe(true);
  expect(readFileSync(join(scratch, 'out/more'), 'utf8')).toBe('more\n');

  expect((await run('--timeout', '0.5', '--', 'sleep', '100')).exitCode).toBe(124);
  // Longer than any timer is.
  expect((await run('--timeout', '9999999', '--', 'true')).exitCode).toBe(0);
  const told = await run('--json', '--stdin', join(folder, 'name'), '--', 'sh', '-c', 'cat; echo wrong >&2; exit 7');
  expect(told.exitCode).toBe(7);
  expect(JSON.parse(told.stdout)).toMatchObject({ exitCode: 7, stdout: 'somebody', stderr: 'wrong\n', isCut: false });
  expect((await run('--json', '--timeout', '0.5', '--', 'sleep', '100')).exitCode).toBe(124);
  const hashed = await run('--json', '--stdin', join(folder, 'data'), '--', 'md5sum');
  expect(JSON.parse(hashed.stdout)).toMatchObject({ exitCode: 0, stdout: `${hash}  -\n` });
  expect(await run('--env', 'A=1')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no command') });
  const off = /^bothy: (The guest of “demo-\w{4}” turned itself off before its command had ended|“demo-\w{4}” is gone: .*)\.\n$/;
  expect(await run('--', 'poweroff', '-f')).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(off) });
  const over = /^bothy: The time of “demo-\w{4}” was over, so it ended while its command ran\.\n$/;
  expect(await run('--ttl', '2s', '--', 'sleep', '100')).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(over) });
  const noFolder = '/nosuch: no folder in the guest that can be entered\n';
  expect(await run('--workdir', '/nosuch', '--', 'true')).toMatchObject({ exitCode: 126, stderr: noFolder });
  expect(await run('--memory', '0', '--', 'true')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('0 MiB') });
  const folder126 = '/etc: a folder in the guest, not a program\n';
  expect(await run('--', '/etc')).toMatchObject({ exitCode: 126, stderr: folder126 });
  expect(await run('--', 'nowhere')).toMatchObject({ exitCode: 127, stderr: 'nowhere: not found in the guest\n' });
  const missing = { exitCode: 125, stderr: expect.stringMatching(/^bothy: There is no “.*none” to copy\.\nhint: /) };
  expect(await run('--copy', `${join(scratch, 'none')}:/tmp/x`, '--', 'true')).toMatchObject(missing);
  expect(await run()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no terminal') });
  // What cannot be is said before anything is started; what was not there after a command that failed does not take its exit code.
  const nowhere = await run('--trace', '--copy-out', `/etc/passwd:${join(scratch, 'none/none')}`, '--', 'false');
  expect(nowhere).toMatchObject({
    exitCode: 125,
    stderr: expect.stringMatching(/^bothy: There is no folder “.*none”\.\nhint: .*\n$/),
  });
  const nothing = await run('--copy-out', `/nosuch:${join(scratch, 'none')}`, '--', 'sh', '-c', 'exit 3');
  expect(nothing).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('There is no “/nosuch”') });

  const interrupted = spawnBothy(home, ['run', 'demo', '--', 'sh', '-c', 'echo begun; sleep 100']);
  await once(interrupted.stdout, 'data');
  interrupted.kill('SIGINT');
  expect((await once(interrupted, 'close'))[0]).toBe(130);
  expect(await machine.list({}, {})).toEqual([]);

  // What is to be kept is kept, all the more when something went wrong.
  const failed = await run(
    '--keep',
    '--name',
    'kept',
    '--copy-out',
    `/nowhere:${join(scratch, 'none')}`,
    '--',
    'sh',
    '-c',
    'echo 1 >/one',
  );
  expect(failed).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('was kept') });
  expect(await machine.list({}, {})).toMatchObject([{ name: 'kept', state: 'running', throwaway: false }]);
  expect(await machine.exec({ machine: 'kept', command: ['cat', '/one'] }, {})).toMatchObject({ stdout: '1\n' });
  await machine.kill({ machine: 'kept' }, {});
});
