import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Core, GuestCommand, GuestProcess } from '../../../core/core.ts';
import { createCore } from '../../../core/create-core.ts';
import { getQuickDemoGuest } from '../../guests/index.ts';
import { runBothy, spawnBothy } from '../../kit/run-bothy.ts';
import { createTestHome, type TestHome } from '../../kit/test-home.ts';
import { getFailure } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

let home: TestHome;
let core: Core;

beforeAll(async () => {
  home = createTestHome();
  core = createCore({ environment: home.environment });
  const { kernel, initrd, append } = await getQuickDemoGuest();
  const source = { type: 'kernel', kernel, initrd, append } as const;
  await core.handlers.machine.create(
    { name: 'vm', source, memoryMiB: 512, cpus: 1, diskSize: 0, accelerator: 'tcg', start: true },
    {},
  );
  await core.handlers.machine.wait({ machine: 'vm', for: 'agent', timeoutSeconds: 80 }, {});
});

afterAll(async () => {
  await core.handlers.machine.kill({ machine: 'vm' }, {}).catch(() => undefined);
  await core.close();
  await home.dispose();
});

const start = (script: string, more: Partial<GuestCommand> = {}): Promise<GuestProcess> =>
  core.guests.start('vm', { argv: ['sh', '-c', script], ...more });
const exec = (script: string) => core.handlers.machine.exec({ machine: 'vm', command: ['sh', '-c', script] }, {});

/** Reads both outputs to their end. */
async function collect(running: GuestProcess) {
  const read = async (stream: GuestProcess['stdout']): Promise<{ hash: string; bytes: number; text: string }> => {
    const hash = createHash('md5');
    let bytes = 0;
    let text = '';
    for await (const chunk of stream) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes < 10_000) text += String(chunk);
    }
    return { hash: hash.digest('hex'), bytes, text };
  };
  const [stdout, stderr, exitCode] = await Promise.all([read(running.stdout), read(running.stderr), running.exitCode]);
  return { stdout, stderr, exitCode };
}

it('passes on output, errors, the exit code, variables and the folder', async () => {
  const command = { env: ["A=x 'y' $z"], workdir: '/tmp' };
  const result = await collect(await start('echo "$A"; pwd; echo wrong >&2; exit 7', command));
  expect([result.stdout.text, result.stderr.text, result.exitCode]).toEqual(["x 'y' $z\n/tmp\n", 'wrong\n', 7]);
  expect((await collect(await core.guests.start('vm', { argv: ['nosuch'] }))).exitCode).toBe(127);
  expect((await collect(await start('true', { workdir: '/nosuch' }))).exitCode).toBe(126);
});

it('carries binary output and input unchanged', async () => {
  const out = await collect(await start('head -c 5000000 /dev/urandom | tee /tmp/r; md5sum </tmp/r >&2'));
  expect(out.stderr.text.slice(0, 32)).toBe(out.stdout.hash);
  const running = await start('md5sum', { hasInput: true });
  const data = Buffer.alloc(5_000_000, createHash('sha512').update('seed').digest());
  running.stdin?.end(data);
  const result = await collect(running);
  expect(result.stdout.text.slice(0, 32)).toBe(createHash('md5').update(data).digest('hex'));
});

it('carries 100 MB to a reader that takes its time, in little memory', async () => {
  const running = await start('head -c 100000000 /dev/zero');
  running.stderr.resume();
  let most = 0;
  let bytes = 0;
  const before = process.memoryUsage().rss;
  for await (const chunk of running.stdout) {
    bytes += (chunk as Buffer).length;
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  expect([bytes, await running.exitCode]).toEqual([100_000_000, 0]);
  expect(most / 1024 ** 2).toBeLessThan(80);
});

it('ends a command with all it started, and says that it ran out of time', async () => {
  const command = ['sh', '-c', 'trap "" TERM; sleep 987 & setsid sleep 987 & sleep 987; sleep 987'];
  const late = core.handlers.machine.exec({ machine: 'vm', command, timeoutSeconds: 0.5 }, {});
  expect(await late).toMatchObject({ exitCode: 124 });
  expect((await exec('ps | grep -c "[s]leep 987"')).stdout).toBe('0\n');
  const controller = new AbortController();
  const cancelled = core.handlers.machine.exec({ machine: 'vm', command: ['sleep', '986'] }, { signal: controller.signal });
  const failure = getFailure(cancelled);
  await waitUntil('the command runs', async () => (await exec('ps | grep -c "[s]leep 986"')).stdout !== '0\n');
  controller.abort();
  expect(await failure).toMatchObject({ code: 'cancelled' });
  expect((await exec('ps | grep -c "[s]leep 986"')).stdout).toBe('0\n');
});

it('runs four at once, two of them without channels', async () => {
  const results = await Promise.all([1, 2, 3, 4].map((number) => exec(`sleep 1; echo ${number}; exit ${number}`)));
  expect(results.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual(
    [1, 2, 3, 4].map((number) => [`${number}\n`, number]),
  );
});

it('works again after a command that left something in the background, and after a face that died', async () => {
  expect((await exec('sleep 985 & echo left')).stdout).toBe('left\n');
  expect((await exec('echo next')).stdout).toBe('next\n');
  await exec('pkill -f "sleep 985"');
  const face = spawnBothy(home, ['exec', 'vm', '--', 'sh', '-c', 'echo begun; sleep 984']);
  await once(face.stdout, 'data');
  face.kill('SIGKILL');
  await once(face, 'close');
  expect((await exec('echo after')).stdout).toBe('after\n');
  expect((await exec('ps | grep -c "[s]leep 984"')).stdout).toBe('0\n');
});

it('is ended by Ctrl+C and by a reader that goes away', async () => {
  const face = spawnBothy(home, ['exec', 'vm', '--', 'sh', '-c', 'echo begun; sleep 983']);
  await once(face.stdout, 'data');
  face.kill('SIGINT');
  expect((await once(face, 'close'))[0]).toBe(130);
  const endless = spawnBothy(home, ['exec', 'vm', '--', 'yes']);
  await once(endless.stdout, 'data');
  endless.stdout.destroy();
  expect((await once(endless, 'close'))[0]).toBe(141);
  await waitUntil('the end of both', async () => (await exec('ps | grep -cE "[s]leep 983|[ ]yes$"')).stdout === '0\n');
});

it('gives a command a terminal that follows the size of ours', async () => {
  const script = 'tty; stty size; read line; echo "got $line"; while [ "$(stty size)" = "33 99" ]; do :; done; stty size; exit 3';
  const running = await start(script, { hasInput: true, terminal: { columns: 99, rows: 33 } });
  let text = '';
  running.stdout.on('data', (chunk: Buffer) => {
    text += String(chunk);
  });
  running.stderr.resume();
  await waitUntil('the first size', () => text.includes('33 99'));
  running.stdin?.write('words\r');
  running.resize(88, 22);
  expect(await running.exitCode).toBe(3);
  expect(text).toMatch(/\/dev\/pts\/\d+\r\n33 99\r\n[\s\S]*got words\r\n22 88\r\n/);
});

it('gives all of its output to a reader that looks away for long after it has ended', async () => {
  const running = await start('seq 1 60000');
  running.stderr.resume();
  await once(running.stdout, 'readable');
  // Longer than it takes to look twice whether somebody lost the command.
  const lookedAwayAt = performance.now();
  await waitUntil('the reader to come back', () => performance.now() - lookedAwayAt > 5500);
  let text = '';
  running.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  expect(await running.exitCode).toBe(0);
  expect(text.endsWith('\n59999\n60000\n')).toBe(true);
});

it('says what is wrong with the machine or its agent', async () => {
  await core.handlers.machine.pause({ machine: 'vm' }, {});
  expect(await getFailure(exec('true'))).toMatchObject({ code: 'wrong-state' });
  await core.handlers.machine.resume({ machine: 'vm' }, {});
  await waitUntil('the guest', async () => (await exec('true')).exitCode === 0);
  const guard = await start('kill -STOP $(pidof qemu-ga); echo stopped; read line; kill -CONT $(pidof qemu-ga)', {
    hasInput: true,
  });
  guard.stderr.resume();
  await once(guard.stdout, 'data');
  guard.stdout.resume();
  expect(await getFailure(exec('true'))).toMatchObject({ code: 'timed-out', message: expect.stringContaining('agent of “vm”') });
  guard.stdin?.end('\n');
  expect(await guard.exitCode).toBe(0);
  await waitUntil('the agent', async () => (await exec('echo again').catch(() => null))?.stdout === 'again\n', {
    timeoutMs: 30_000,
  });
  const result = await runBothy(home, ['exec', 'nosuch', '--', 'true']);
  expect([result.exitCode, result.stderr]).toEqual([125, expect.stringContaining('There is no machine “nosuch”')]);
});

it('says that the machine was suspended, or restarted, under it', async () => {
  const startSilent = async (script: string) => {
    const running = await start(script);
    for (const stream of [running.stdout, running.stderr]) stream.resume();
    return running;
  };
  const suspended = await startSilent('sleep 981');
  await core.handlers.machine.suspend({ machine: 'vm' }, {});
  expect(await getFailure(suspended.exitCode)).toMatchObject({
    code: 'wrong-state',
    message: expect.stringContaining('suspended'),
  });
  await core.handlers.machine.start({ machine: 'vm' }, {});
  await waitUntil('the guest', async () => (await exec('true').catch(() => null))?.exitCode === 0, { timeoutMs: 30_000 });
  const restarted = await startSilent('sleep 981');
  await core.handlers.machine.reset({ machine: 'vm' }, {});
  expect(await getFailure(restarted.exitCode)).toMatchObject({
    code: 'wrong-state',
    message: 'The guest of “vm” restarted before its command had ended.',
  });
  await core.handlers.machine.wait({ machine: 'vm', for: 'agent', timeoutSeconds: 80 }, {});
});

it('says that no agent is there, and that the machine ended meanwhile', async () => {
  const killer = await start('mv /usr/sbin/qemu-ga /gone; kill $(pidof qemu-ga); echo dead; sleep 982');
  killer.stderr.resume();
  await once(killer.stdout, 'data');
  killer.stdout.resume();
  await waitUntil('no agent', async () => {
    const error = await getFailure(exec('true'));
    return (error as { code: string }).code === 'agent-missing';
  });
  await core.handlers.machine.kill({ machine: 'vm' }, {});
  expect(await getFailure(killer.exitCode)).toMatchObject({ code: 'wrong-state' });
});
