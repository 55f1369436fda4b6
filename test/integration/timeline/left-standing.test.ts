import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withMonitor } from '../../../core/qemu/with-monitor.ts';
import { timelineMarkPrefix } from '../../../core/storage/file-names.ts';
import { type MigrationInfo, setManner } from '../../../core/timeline/migration.ts';
import { writeNote } from '../../../core/timeline/timeline-mark.ts';
import { vmBooted } from '../../kit/keeper.ts';
import { useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

test('a guest that QEMU itself had stopped when whoever saved it was killed goes on after the next look', async () => {
  const { core, home, machine, scratch } = useCore();
  const keeper = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  await keeper.put('kept');
  const socket = join(scratch, 'memory');
  const receiver = createServer((stream) => stream.on('error', () => {}).resume());
  onTestFinished(() => void receiver.close());
  await new Promise<void>((resolve) => receiver.listen(socket, resolve));
  // What a kill leaves between the two halves of saving an emulated guest.
  writeNote(join(home.folder, 'machines', `${timelineMarkPrefix}${keeper.machine}`), { isGuestStopped: true });
  await withMonitor(join(home.folder, 'run', keeper.machine), async (monitor) => {
    await setManner(monitor, 'precopy');
    await monitor.execute('stop');
    await monitor.execute('migrate', { uri: `unix:${socket}` });
    const isStopped = async () => (await monitor.execute<MigrationInfo>('query-migrate')).status === 'pre-switchover';
    await waitUntil('QEMU to stop the guest', isStopped);
  });
  await machine.list({}, {});
  expect(await keeper.get()).toEqual({ memory: 'kept', disks: ['kept'] });
  expect(await machine.info({ machine: 'web' }, {})).toMatchObject({ state: 'running', problems: [] });
});
