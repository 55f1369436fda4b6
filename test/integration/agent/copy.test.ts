import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { getQuickDemoGuest } from '../../guests/index.ts';
import { runBothy } from '../../kit/run-bothy.ts';
import { getFailure, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

it('copies files and folders both ways, and nothing of a copy that fails', async () => {
  const { core, machine, home, scratch } = useCore();
  const { kernel, initrd, append } = await getQuickDemoGuest();
  const source = { type: 'kernel', kernel, initrd, append } as const;
  await machine.create({ name: 'vm', source, memoryMiB: 512, cpus: 1, diskSize: 0, accelerator: 'tcg', start: true }, {});
  await machine.wait({ machine: 'vm', for: 'agent', timeoutSeconds: 80 }, {});
  const exec = (script: string) => machine.exec({ machine: 'vm', command: ['sh', '-c', script] }, {});

  const folder = join(scratch, 'a folder');
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  writeFileSync(join(folder, 'deep/er/big file'), randomBytes(8_000_000));
  writeFileSync(join(folder, 'empty'), '');
  chmodSync(join(folder, 'empty'), 0o750);
  utimesSync(join(folder, 'empty'), 1e9, 1e9);
  for (const [name, target] of [
    ['relative', 'empty'],
    ['absolute', '/etc/hostname'],
    ['nowhere', '../../nowhere'],
  ] as const)
    symlinkSync(target, join(folder, name));

  const copied = await machine.copy({ machine: 'vm', direction: 'in', hostPath: folder, guestPath: '/tmp/in it' }, {});
  expect(copied).toEqual({ bytes: 8_000_000, files: 2 });
  expect((await exec('stat -c "%a %Y" "/tmp/in it/empty"')).stdout).toBe('750 1000000000\n');
  await machine.copy({ machine: 'vm', direction: 'out', hostPath: join(scratch, 'out'), guestPath: '/tmp/in it' }, {});
  const out = join(scratch, 'out');
  expect(readFileSync(join(out, 'deep/er/big file')).equals(readFileSync(join(folder, 'deep/er/big file')))).toBe(true);
  expect(readdirSync(out).toSorted()).toEqual(['absolute', 'deep', 'empty', 'nowhere', 'relative']);
  expect(readlinkSync(join(out, 'absolute'))).toBe('/etc/hostname');
  expect(readlinkSync(join(out, 'nowhere'))).toBe('../../nowhere');
  expect([statSync(join(out, 'empty')).mode & 0o777, statSync(join(out, 'empty')).mtimeMs]).toEqual([0o750, 1e12]);

  const one = await runBothy(home, ['copy', 'vm:/tmp/in it/empty', `${scratch}/out/`]);
  expect([one.exitCode, one.stdout]).toEqual([0, '1 file, 0 B\n']);
  const missing = machine.copy({ machine: 'vm', direction: 'out', hostPath: scratch, guestPath: '/nosuch' }, {});
  expect(await getFailure(missing)).toMatchObject({ code: 'file-not-found' });
  expect((await runBothy(home, ['copy', join(scratch, 'nosuch'), 'vm:/tmp/'])).exitCode).toBe(1);

  // A device or a pipe is not replaced, a link is followed, and below a file there is no folder.
  const place = (name: string): string => join(scratch, name);
  execFileSync('mkfifo', [place('pipe')]);
  symlinkSync('behind', place('link'));
  writeFileSync(place('behind'), 'old');
  symlinkSync('nowhere', place('dangling'));
  const copyTo = (hostPath: string) => machine.copy({ machine: 'vm', direction: 'out', hostPath, guestPath: '/etc/passwd' }, {});
  expect(await getFailure(copyTo(place('pipe')))).toMatchObject({ code: 'invalid-input' });
  expect(lstatSync(place('pipe')).isFIFO()).toBe(true);
  await copyTo(place('link'));
  expect([lstatSync(place('link')).isSymbolicLink(), readFileSync(place('behind'), 'utf8')]).toEqual([
    true,
    expect.stringContaining('root'),
  ]);
  for (const hopeless of [place('dangling'), join(place('behind'), 'x')])
    expect(await getFailure(copyTo(hopeless))).toMatchObject({ code: 'file-not-found' });

  // A folder that cannot become a file is found before the first file of many is replaced.
  await exec('mkdir /tmp/mix && echo new >/tmp/mix/first && echo new >/tmp/mix/later');
  mkdirSync(join(scratch, 'mix/later'), { recursive: true });
  writeFileSync(join(scratch, 'mix/first'), 'old');
  const mixed = machine.copy({ machine: 'vm', direction: 'out', hostPath: scratch, guestPath: '/tmp/mix' }, {});
  expect(await getFailure(mixed)).toMatchObject({ code: 'invalid-input', message: expect.stringContaining('later') });
  expect(readFileSync(join(scratch, 'mix/first'), 'utf8')).toBe('old');

  writeFileSync(join(scratch, 'large'), Buffer.alloc(100_000_000));
  const before = readdirSync(scratch).toSorted();
  const device = machine.copy({ machine: 'vm', direction: 'out', hostPath: join(scratch, 'null'), guestPath: '/dev/null' }, {});
  expect(await getFailure(device)).toMatchObject({ code: 'invalid-input' });
  await exec('head -c 100000000 /dev/zero >/tmp/large');
  for (const direction of ['out', 'in'] as const) {
    const controller = new AbortController();
    const [hostPath, guestPath] =
      direction === 'out' ? [join(scratch, 'half'), '/tmp/large'] : [join(scratch, 'large'), '/tmp/half'];
    const context = { signal: controller.signal, progress: () => controller.abort() };
    expect(await getFailure(machine.copy({ machine: 'vm', direction, hostPath, guestPath }, context))).toMatchObject({
      code: 'cancelled',
    });
  }
  expect(readdirSync(scratch).toSorted()).toEqual(before);
  await waitUntil('a clean guest', async () => (await exec('ls -a /tmp | grep -c "half\\|bothy-copy"')).stdout === '0\n');
  await core.whenIdle();
});
