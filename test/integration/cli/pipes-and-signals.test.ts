import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtCli, collect } from '../../kit/built-cli.ts';
import { runBothyJson, spawnBothy } from '../../kit/run-bothy.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const fast = ['--disk', '0', '--memory', '32M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];

test('a reader that stops reading is no error', async () => {
  const home = useTestHome();
  await runBothyJson(home, ['create', 'demo', ...fast]);
  for (const args of ['list', 'list --json', 'info demo', '--help', 'completion bash']) {
    const child = spawn('bash', ['-c', `set -o pipefail; "${process.execPath}" "${builtCli}" ${args} | true`], {
      cwd: home.scratch,
      env: home.environment,
    });
    expect(await collect(child), args).toMatchObject({ exitCode: 0, stderr: '' });
  }
});

test('an output that cannot be written is told, without a stack trace', async () => {
  const home = useTestHome();
  const line = `"${process.execPath}" "${builtCli}" list --json > /dev/full`;
  const result = await collect(spawn('bash', ['-c', line], { cwd: home.scratch, env: home.environment }));
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(/^bothy: the output cannot be written: .*no space left on device.*\n$/);
});

test('a picture goes into a pipe or a device, and does not take its place', async () => {
  const home = useTestHome();
  await runBothyJson(home, ['create', 'demo', ...fast, '--start']);
  const pipe = join(home.scratch, 'pipe');
  const reader = spawn('sh', ['-c', `mkfifo '${pipe}' && cat '${pipe}'`]);
  const read = collect(reader);
  await waitUntil('the pipe', () => existsSync(pipe));
  await runBothyJson(home, ['screenshot', 'demo', pipe]);
  expect((await read).stdout).toContain('PNG');
  expect(statSync(pipe).isFIFO()).toBe(true);
  await runBothyJson(home, ['kill', 'demo']);
});

test.each<[NodeJS.Signals, number]>([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])('%s ends a wait at once with exit code %i', async (signal, exitCode) => {
  const home = useTestHome();
  await runBothyJson(home, ['create', 'demo', ...fast, '--start']);
  const child = spawnBothy(home, ['wait', 'demo', '--for', 'off', '--json']);
  const ended = collect(child);
  // SIGHUP is the last the command line begins to listen to; the others Node has handlers for from the start.
  await waitUntil('the wait to begin', () => isListeningTo(child.pid ?? 0, 1));
  const begin = performance.now();
  child.kill(signal);
  const result = await ended;
  expect(result).toMatchObject({ exitCode, stdout: '' });
  expect(JSON.parse(result.stderr)).toMatchObject({ error: { code: 'cancelled' } });
  expect(performance.now() - begin).toBeLessThan(2000);
  await runBothyJson(home, ['kill', 'demo']);
});

test('Ctrl+C while a machine is made leaves nothing behind', async () => {
  const home = useTestHome();
  // Data that must be copied: too much to be done in a moment.
  const image = join(home.scratch, 'big.img');
  const boot = Buffer.alloc(512);
  boot.set([0x55, 0xaa], 510);
  writeFileSync(image, boot);
  const block = Buffer.alloc(1024 * 1024, 1);
  for (let count = 0; count < 300; count += 1) writeFileSync(image, block, { flag: 'a' });
  truncateSync(image, 301 * 1024 * 1024);
  const child = spawnBothy(home, ['create', 'demo', '--from', 'big.img']);
  const ended = collect(child);
  const machines = join(home.folder, 'machines');
  await waitUntil(
    'the copy to begin',
    () => readdirSync(machines, { recursive: true }).some((file) => String(file).includes('disk0')),
    {
      intervalMs: 2,
    },
  );
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ exitCode: 130, stdout: '' });
  expect(await runBothyJson(home, ['list'])).toEqual([]);
  expect(readdirSync(machines).filter((name) => !name.startsWith('.'))).toEqual([]);
});

test('progress and colour are for terminals only', async () => {
  const home = useTestHome();
  await runBothyJson(home, ['create', 'demo', ...fast]);
  const child = spawn('script', ['-qec', `"${process.execPath}" "${builtCli}" list`, '/dev/null'], {
    cwd: home.scratch,
    env: { ...home.environment, TERM: 'xterm', NO_COLOR: '' },
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk;
  });
  await once(child, 'close');
  expect(screen).toContain('\u001b[1mNAME');
});

/** Whether a process handles a signal: bit `signal - 1` of SigCgt. */
function isListeningTo(pid: number, signal: number): boolean {
  const mask = /SigCgt:\s*([0-9a-f]+)/.exec(readStatus(pid))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

function readStatus(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
