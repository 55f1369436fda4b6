import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../contract/operations.ts';
import { writeEchoGuest } from '../../kit/echo-guest.ts';
import { failBothy, runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { useTestHome } from '../../kit/test-home.ts';

const tiny = ['--memory', '32M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];
const { machine: contract } = operations;
const infoOutput = contract.info.output.extend(contract.relations.output.shape);

test('a machine from making it to deleting it, each step as JSON the contract knows', async () => {
  const home = useTestHome();
  const image = writeEchoGuest(home.scratch);
  const created = contract.create.output.parse(
    await runBothyJson(home, ['create', 'demo', '--from', 'echo.img', ...tiny, '--tag', 'work', '--tag', 'web']),
  );
  expect(created).toMatchObject({ name: 'demo', state: 'off', accelerator: null, memoryMiB: 32, cpus: 1, tags: ['work', 'web'] });
  expect(contract.list.output.parse(await runBothyJson(home, ['list']))).toEqual([created]);
  const offInfo = infoOutput.parse(await runBothyJson(home, ['info', 'demo']));
  expect(offInfo).toMatchObject({ ...created, pid: null, uptimeSeconds: null, display: null });
  const nextStart = contract.qemu.output.parse(await runBothyJson(home, ['qemu', 'demo']));
  expect(nextStart.running).toBe(false);
  expect(contract.disks.output.parse(await runBothyJson(home, ['disks', 'demo']))).toHaveLength(1);

  // By an unambiguous start of the id.
  const started = contract.start.output.parse(await runBothyJson(home, ['start', created.id.slice(0, 6)]));
  expect(started).toMatchObject({ id: created.id, state: 'running', accelerator: 'tcg' });
  contract.wait.output.parse(await runBothyJson(home, ['wait', 'demo', '--for', 'serial:ready']));
  const info = infoOutput.parse(await runBothyJson(home, ['info', created.id]));
  expect(info.pid).toBeGreaterThan(1);
  expect(await runBothyJson(home, ['display', 'demo'])).toEqual(info.display);
  expect(statSync(info.display?.path ?? '').isSocket()).toBe(true);
  const argv = readFileSync(`/proc/${info.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  expect(contract.qemu.output.parse(await runBothyJson(home, ['qemu', 'demo']))).toMatchObject({ running: true, argv });

  expect(contract.pause.output.parse(await runBothyJson(home, ['pause', 'demo'])).state).toBe('paused');
  expect(await failBothy(home, ['pause', 'demo'])).toMatchObject({ exitCode: 4, error: { code: 'wrong-state' } });
  expect(contract.resume.output.parse(await runBothyJson(home, ['resume', 'demo'])).state).toBe('running');
  expect(contract.reset.output.parse(await runBothyJson(home, ['reset', 'demo'])).state).toBe('running');
  expect(contract.type.output.parse(await runBothyJson(home, ['type', 'demo', 'hello\n']))).toEqual({});
  expect(contract.keys.output.parse(await runBothyJson(home, ['keys', 'demo', 'ctrl-alt-f1', 'enter']))).toEqual({});
  const changed = contract.set.output.parse(await runBothyJson(home, ['set', 'demo', 'memory=48M', 'tags=web']));
  expect(changed).toMatchObject({ tags: ['web'], pending: [expect.anything()] });
  expect(await failBothy(home, ['delete', 'demo'])).toMatchObject({ exitCode: 4 });

  expect(contract.shutdown.output.parse(await runBothyJson(home, ['shutdown', 'demo'])).id).toBe(created.id);
  expect(await failBothy(home, ['wait', 'demo', '--for', 'off', '--timeout', '0.3'])).toMatchObject({
    exitCode: 124,
    error: { code: 'timed-out' },
  });
  expect(contract.kill.output.parse(await runBothyJson(home, ['kill', 'demo'])).state).toBe('off');
  contract.wait.output.parse(await runBothyJson(home, ['wait', 'demo', '--for', 'off']));
  expect(await failBothy(home, ['display', 'demo'])).toMatchObject({ exitCode: 4, error: { code: 'wrong-state' } });
  const deleted = contract.delete.output.parse(await runBothyJson(home, ['delete', 'demo', '--keep-disks']));
  expect(deleted.kept).toHaveLength(1);
  expect(statSync(deleted.kept[0] ?? '').isFile()).toBe(true);
  expect(await runBothyJson(home, ['list'])).toEqual([]);
  expect(statSync(image).size).toBe(1024 * 1024);
});

test('a screenshot is a PNG, in a file or on stdout', async () => {
  const home = useTestHome();
  await runBothyJson(home, ['create', 'demo', '--disk', '0', ...tiny, '--start']);
  const file = join(home.scratch, 'shot.png');
  expect(await runBothyJson(home, ['screenshot', 'demo', 'shot.png'])).toEqual({ file, size: statSync(file).size });
  expect(readFileSync(file).subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  expect((await runBothy(home, ['screenshot', 'demo', '-'])).stdout).toContain('PNG');
  expect(await failBothy(home, ['screenshot', 'demo', 'no/such/folder.png'])).toMatchObject({
    exitCode: 1,
    error: { message: expect.stringContaining('its folder does not exist') },
  });
  expect(await failBothy(home, ['screenshot', 'demo', '-'])).toMatchObject({ exitCode: 2 });
  await runBothyJson(home, ['kill', 'demo']);
});

test('doctor tells in words and as JSON what it found', async () => {
  const home = useTestHome();
  const json = await runBothy(home, ['doctor', '--json']);
  const report = operations.host.doctor.output.parse(JSON.parse(json.stdout));
  const isFailed = report.checks.some((check) => check.status === 'failed');
  expect(json.exitCode).toBe(isFailed ? 1 : 0);
  const words = await runBothy(home, ['doctor']);
  for (const check of report.checks) expect(words.stdout).toContain(check.title);
});

test('in words', async () => {
  const home = useTestHome();
  const empty = await runBothy(home, ['list']);
  expect(empty).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('no machines yet') });
  expect((await runBothy(home, ['create', 'demo', '--disk', '0', ...tiny])).stdout).toBe('demo: off\n');
  expect((await runBothy(home, ['start', 'demo'])).stdout).toBe('demo: running (tcg)\n');
  expect((await runBothy(home, ['list'])).stdout).toMatch(/^NAME +STATE .*\ndemo +running +tcg +32 MiB +1 +[0-9a-z]{12}\n$/);
  expect((await runBothy(home, ['info', 'demo'])).stdout).toMatch(/^Name +demo\nId +[0-9a-z]{12}\nState +running\n/);
  expect((await runBothy(home, ['set', 'demo', 'cpus=2'])).stdout).toMatch(/^demo: changed\n {2}at the next start: .*1 -> 2\n$/);
  expect((await runBothy(home, ['kill', 'demo'])).stdout).toBe('demo: off\n');
  expect((await runBothy(home, ['delete', 'demo'])).stdout).toBe('demo: deleted\n');
});
