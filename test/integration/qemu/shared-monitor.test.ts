import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectQmp } from '../../../core/qemu/qmp-client.ts';
import { withMonitor } from '../../../core/qemu/with-monitor.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

test('twenty commands at once take turns on a real monitor', async () => {
  const { machine, folder } = useCore();
  const { id } = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
  const runtimeFolder = join(folder, 'run', id);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      withMonitor(runtimeFolder, (monitor) => monitor.execute<{ status: string }>('query-status')),
    ),
  );
  expect(answers.every(({ status }) => status === 'running')).toBe(true);
});

test('who sits on the first monitor for ever does not keep others from the machine', async () => {
  const { machine, folder } = useCore();
  const { id } = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
  const sitting = await connectQmp(join(folder, 'run', id, 'qmp-0.sock'));
  // Two more fill the backlog of the first monitor without ever speaking.
  const silent = [1, 2].map(() => connect(join(folder, 'run', id, 'qmp-0.sock')).on('error', () => {}));
  try {
    expect(await machine.info({ machine: 'one' }, {})).toMatchObject({ state: 'running', problems: [] });
    const all = Array.from({ length: 8 }, () => machine.list({}, {}));
    for (const list of await Promise.all(all)) expect(list).toMatchObject([{ state: 'running' }]);
    expect(await machine.pause({ machine: 'one' }, {})).toMatchObject({ state: 'paused' });
  } finally {
    sitting.close();
    for (const socket of silent) socket.destroy();
  }
});

test('a QEMU that is stopped is reported as not answering, and forced off all the same', async () => {
  const { machine } = useCore();
  await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
  const { pid } = await machine.info({ machine: 'one' }, {});
  process.kill(pid ?? 0, 'SIGSTOP');
  const info = await machine.info({ machine: 'one' }, {});
  expect(info.problems[0]?.message).toContain('does not answer');
  expect(await getFailure(machine.pause({ machine: 'one' }, {}))).toMatchObject({ code: 'qemu-unresponsive' });
  expect(await machine.kill({ machine: 'one' }, {})).toMatchObject({ state: 'off' });
});
