import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { escapeOutput } from '../../../core/process/escape-output.ts';
import { runTool } from '../../../core/process/run-tool.ts';

const environment = { PATH: process.env['PATH'] };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync('/tmp/bothy-');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('gives exit code, both streams and the time it took', async () => {
  const result = await runTool(['sh', '-c', 'echo out; echo err >&2; exit 7'], { environment, timeoutMs: 5000 });
  expect(result).toMatchObject({ exitCode: 7, signal: null, stdout: 'out\n', stderr: 'err\n', isTruncated: false });
  expect(result.durationMs).toBeGreaterThan(0);
});

test('passes arguments as they are, never through a shell', async () => {
  const hostile = `$(touch ${folder}/x) ; "' *`;
  const result = await runTool(['printf', '%s', hostile], { environment, timeoutMs: 5000 });
  expect(result.stdout).toBe(hostile);
  expect(existsSync(join(folder, 'x'))).toBe(false);
});

test('gives the tool the chosen environment and nothing of ours', async () => {
  process.env['BOTHY_TEST_LEAK'] = '1';
  const result = await runTool(['env'], { environment: { PATH: process.env['PATH'], A: 'b' }, timeoutMs: 5000 });
  delete process.env['BOTHY_TEST_LEAK'];
  expect(result.stdout.split('\n').sort()).toEqual(['', 'A=b', `PATH=${process.env['PATH']}`]);
});

test('writes the input; a tool that does not read it is no failure', async () => {
  expect((await runTool(['cat'], { environment, timeoutMs: 5000, input: 'hello' })).stdout).toBe('hello');
  const large = 'x'.repeat(4 * 1024 * 1024);
  expect((await runTool(['true'], { environment, timeoutMs: 5000, input: large })).exitCode).toBe(0);
});

test('keeps a bounded part of endless output and still ends', async () => {
  const argv = ['sh', '-c', 'head -c 3000000 /dev/zero'] as const;
  const result = await runTool([...argv], { environment, timeoutMs: 10_000, maxOutputBytes: 1000 });
  expect(result.stdout.length).toBe(1000);
  expect(result.isTruncated).toBe(true);
});

test('names a program that is not there or not executable', async () => {
  await expect(runTool([join(folder, 'none')], { environment, timeoutMs: 5000 })).rejects.toMatchObject({ code: 'tool-failed' });
  await expect(runTool(['/etc/passwd'], { environment, timeoutMs: 5000 })).rejects.toMatchObject({ code: 'tool-failed' });
});

test('kills the whole group after the timeout, also what ignores SIGTERM', async () => {
  const pidFile = join(folder, 'pid');
  const script = `trap '' TERM; sleep 1000 & echo $! > ${pidFile}; wait; wait`;
  const running = runTool(['sh', '-c', script], { environment, timeoutMs: 300 });
  await expect(running).rejects.toMatchObject({ code: 'timed-out' });
  await expectGone(Number(readFileSync(pidFile, 'utf8')));
});

test('an abort asks first, then kills; before the start nothing runs', async () => {
  const marker = join(folder, 'asked');
  const controller = new AbortController();
  const running = runTool(['sh', '-c', `trap 'touch ${marker}; exit' TERM; echo up; sleep 1000 & wait`], {
    environment,
    timeoutMs: 10_000,
    signal: controller.signal,
    onOutput: () => void controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  expect(existsSync(marker)).toBe(true);
  const never = runTool(['touch', join(folder, 'never')], { environment, timeoutMs: 5000, signal: controller.signal });
  await expect(never).rejects.toMatchObject({ code: 'cancelled' });
  expect(existsSync(join(folder, 'never'))).toBe(false);
});

test('the caller can stop it on what it prints', async () => {
  const result = await runTool(['sh', '-c', 'echo ready; sleep 1000'], {
    environment,
    timeoutMs: 10_000,
    onOutput: (_, text) => (text.includes('ready') ? 'stop' : undefined),
  });
  expect(result).toMatchObject({ isStopped: true, signal: 'SIGKILL', stdout: 'ready\n' });
});

test('does not wait for what a finished tool left in the background', async () => {
  const result = await runTool(['sh', '-c', 'sleep 1000 & exit 3'], { environment, timeoutMs: 10_000 });
  expect(result.exitCode).toBe(3);
});

test('output is made printable and cut from the front', () => {
  expect(escapeOutput('a\u001b[31mb\tc\r\n')).toBe('a\\u{1b}[31mb\tc');
  expect(escapeOutput('\u202Eevil')).toBe('\\u{202e}evil');
  expect(escapeOutput(`${'x'.repeat(10)}end`, 5)).toBe('…xxend');
});

async function expectGone(pid: number): Promise<void> {
  await expect
    .poll(() => {
      const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : 'gone';
      return stat === 'gone' || stat.includes(') Z ');
    })
    .toBe(true);
}
