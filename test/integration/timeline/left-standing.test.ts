import { existsSync } from 'node:fs';
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

const left = [
  ['that QEMU itself had stopped when whoever saved it was killed goes on after the next look', 'running'],
  ['that was paused before whoever saved it was killed stays so after the next look, and can write when it goes on', 'paused'],
] as const;

test.each(left)('a guest %s', async (_what, state) => {
  const { core, home, machine, scratch } = useCore();
  const keeper = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  await keeper.put('kept');
  const socket = join(scratch, 'memory');
  const receiver = createServer((stream) => stream.on('error', () => {}).resume());
  onTestFinished(() => void receiver.close());
  await new Promise<void>((resolve) => receiver.listen(socket, resolve));
  // What a kill leaves: between the two halves of saving an emulated guest, or after all of a paused one was saved.
  const mark = join(home.folder, 'machines', `${timelineMarkPrefix}${keeper.machine}`);
  writeNote(mark, { isGuestStopped: state === 'running' });
  await withMonitor(join(home.folder, 'run', keeper.machine), async (monitor) => {
    await setManner(monitor, state === 'running' ? 'precopy' : 'standing');
    await monitor.execute('stop');
    await monitor.execute('migrate', { uri: `unix:${socket}` });
    const wanted = state === 'running' ? 'pre-switchover' : 'completed';
    const isThere = async () => (await monitor.execute<MigrationInfo>('query-migrate')).status === wanted;
    await waitUntil(`QEMU to be there: ${wanted}`, isThere);
  });
  await machine.list({}, {});
  expect(existsSync(mark)).toBe(false);
  expect(await machine.info({ machine: 'web' }, {})).toMatchObject({ state, problems: [] });
  if (state === 'paused') await machine.resume({ machine: 'web' }, {});
  expect(await keeper.get()).toEqual({ memory: 'kept', disks: ['kept'] });
  await keeper.put('more');
});
