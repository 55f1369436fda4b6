import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { builtCli } from '../../kit/built-cli.ts';
import { writeEchoGuest } from '../../kit/echo-guest.ts';
import { runBothy, runBothyJson, spawnBothy } from '../../kit/run-bothy.ts';
import { type TestHome, useTestHome } from '../../kit/test-home.ts';
import { waitUntil } from '../../kit/wait-until.ts';

async function startEchoGuest(home: TestHome): Promise<void> {
  writeEchoGuest(home.scratch);
  const options = ['--from', 'echo.img', '--memory', '32M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];
  await runBothyJson(home, ['create', 'demo', ...options, '--start']);
  await runBothyJson(home, ['wait', 'demo', '--for', 'serial:ready']);
}

test('piped: types its input, prints the answer, and ends when the line is quiet', async () => {
  const home = useTestHome();
  await startEchoGuest(home);
  const result = await runBothy(home, ['console', 'demo', '--linger', '0.5'], { input: 'hello there\n' });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).toContain('ready');
  expect(result.stdout).toContain('hello there\n');
  // Input arrives whole although the guest takes 16 bytes at a time.
  const long = `${'0123456789'.repeat(10)}\n`;
  expect((await runBothy(home, ['console', 'demo', '--linger', '2'], { input: long })).stdout).toContain(long);
  await runBothyJson(home, ['kill', 'demo']);
});

test('piped, with a machine that is off: refused, because the input would be lost', async () => {
  const home = useTestHome();
  await runBothyJson(home, ['create', 'demo', '--disk', '0']);
  const result = await runBothy(home, ['console', 'demo'], { input: 'hello\n' });
  expect(result).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('bothy start demo') });
});

test('a reader that goes away ends it', async () => {
  const home = useTestHome();
  await startEchoGuest(home);
  const child = spawnBothy(home, ['console', 'demo']);
  child.stdout.once('data', () => child.stdout.destroy());
  // stdin stays open: only the closed output can end it.
  const pulse = setInterval(() => child.stdin.write('x'), 100);
  child.stdin.on('error', () => undefined);
  const [exitCode] = (await once(child, 'close')) as [number];
  clearInterval(pulse);
  expect(exitCode).toBe(0);
  await runBothyJson(home, ['kill', 'demo']);
});

test.each<[string, (child: ReturnType<typeof spawn>, bothyPid: number) => void, number]>([
  ['Ctrl+] leaves', (child) => child.stdin?.write('\u001d'), 0],
  ['SIGTERM leaves', (_child, bothyPid) => process.kill(bothyPid, 'SIGTERM'), 143],
])('on a terminal: says how to leave, passes every key on, %s, the terminal is as before', async (_what, leave, expected) => {
  const home = useTestHome();
  await startEchoGuest(home);
  // `script` gives a terminal; the shell in it tells the settings before and after.
  const line = `stty -g; "${process.execPath}" "${builtCli}" console demo & echo "pid=$!"; fg >/dev/null; echo "code=$?"; stty -g`;
  const child = spawn('script', ['-qec', `bash -mc '${line}'`, '/dev/null'], { cwd: home.scratch, env: home.environment });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk;
  });
  await waitUntil('the console', () => screen.includes('Ctrl+] leaves') && screen.includes('ready'));
  // Ctrl+C belongs to the guest, which sends it back.
  child.stdin.write('abc\u0003def');
  await waitUntil('the echo', () => screen.includes('abc\u0003def'));
  leave(child, Number(/pid=([0-9]+)/.exec(screen)?.[1]));
  await once(child, 'close');
  expect(screen).toContain(`code=${expected}`);
  const settings = screen.match(/[0-9a-f]+(:[0-9a-f]+){10,}/g);
  expect(settings).toHaveLength(2);
  expect(settings?.[1]).toBe(settings?.[0]);
  await runBothyJson(home, ['kill', 'demo']);
});
