import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppError } from '../../../contract/app-error.ts';
import { createHost } from '../../../core/host/host.ts';
import { createMachineStore } from '../../../core/machine/machine-store.ts';
import type { Site } from '../../../core/machine/site.ts';
import { connectQmp, type QmpClient } from '../../../core/qemu/qmp-client.ts';
import { withMonitor } from '../../../core/qemu/with-monitor.ts';
import { resolveHomes } from '../../../core/storage/homes.ts';
import { createLocks } from '../../../core/storage/lock.ts';
import { branchLive } from '../../../core/timeline/branch-live.ts';
import { changeTimeline } from '../../../core/timeline/change-timeline.ts';
import { readLiveDisks } from '../../../core/timeline/live-disks.ts';
import { qemuIo } from '../../kit/layers.ts';
import type { TestHome } from '../../kit/test-home.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const mib = 1024 ** 2;
const withDisk = { ...tinyMachine, diskSize: 64 * mib };

it('a machine that is resumed while it is being suspended goes on, and is not taken for suspended', async () => {
  const { machine } = useCore();
  const { id } = await machine.create({ name: 'web', ...withDisk }, {});
  await machine.start({ machine: id }, {});
  for (let round = 0; round < 5; round += 1) {
    let isOver = false;
    const suspending = getOutcome(machine.suspend({ machine: id }, {})).finally(() => {
      isOver = true;
    });
    const findState = async () => (await machine.info({ machine: id }, {})).state;
    await waitUntil('the guest to stand still', async () => isOver || (await findState()) === 'paused');
    const isResumed = await machine.resume({ machine: id }, {}).then(
      () => true,
      () => false,
    );
    expect([await suspending, await findState()]).toEqual(isResumed ? ['wrong-state', 'running'] : ['done', 'suspended']);
    if (!isResumed) await machine.start({ machine: id }, {});
  }
});

it('an overlay that QEMU switched to without a word is not taken away', async () => {
  const { machine, home, folder } = useCore();
  const { id } = await machine.create({ name: 'web', ...withDisk }, {});
  await machine.start({ machine: id }, {});
  const runtimeFolder = join(folder, 'run', id);
  const lost = changeTimeline(createSite(home), id, 'branch', {}, (change) =>
    branchLive(change, 'aaaaaaaa', (switchOver) =>
      withMonitor(runtimeFolder, async (monitor) => {
        const execute: QmpClient['execute'] = async (...call) => {
          await monitor.execute(...call);
          throw new AppError('qemu-unresponsive', 'The answer was lost.');
        };
        await switchOver({ ...monitor, execute });
      }),
    ),
  );
  expect(await getFailure(lost)).toMatchObject({ message: 'The answer was lost.' });
  const [disk] = await machine.disks({ machine: id }, {});
  const live = await withMonitor(runtimeFolder, readLiveDisks);
  expect(live.get('disk0')?.file).toBe(disk?.file);
  expect(existsSync(disk?.file ?? '')).toBe(true);
});

it('a machine that goes off while its layers are merged loses nothing, and that is told', async () => {
  const { core, machine, home } = useCore();
  const { snapshot } = core.handlers;
  const { id } = await machine.create({ name: 'web', ...tinyMachine, diskSize: 400 * mib }, {});
  await snapshot.create({ machine: id, name: 'first' }, {});
  const [disk] = await machine.disks({ machine: id }, {});
  qemuIo(disk?.file ?? '', 'qcow2', 'write -P 7 0 300M');
  await snapshot.create({ machine: id, name: 'second' }, {});
  await machine.start({ machine: id }, {});
  const { pid } = await machine.info({ machine: id }, {});
  // QEMU tells of the job the moment it begins to copy; asking for it could come too late.
  const monitor = await connectQmp(join(home.folder, 'run', id, 'qmp-1.sock'));
  monitor.onEvent(({ event, data }) => {
    if (event === 'JOB_STATUS_CHANGE' && data?.['status'] === 'running') process.kill(pid ?? 0, 'SIGKILL');
  });
  const failure = getFailure(snapshot.delete({ machine: 'web', snapshot: 'first' }, {}));
  const told = await failure;
  monitor.close();
  expect(told).toMatchObject({
    // Which it is depends on whether the process is seen to be gone already.
    code: expect.stringMatching(/^(wrong-state|qemu-unresponsive)$/),
    message: expect.stringContaining('“first” is deleted, but not all layers are merged.'),
    hint: expect.stringContaining('Nothing is lost'),
  });
  const { snapshots, unfinished } = await snapshot.list({ machine: id }, {});
  expect([snapshots.map(({ name }) => name), unfinished.layers]).toEqual([['second'], 1]);
  await snapshot.delete({ machine: id, snapshot: 'second' }, {});
  expect((await snapshot.list({ machine: id }, {})).unfinished.layers).toBe(0);
});

it('a clone is not made independent while another machine has its layers open', async () => {
  const { machine } = useCore();
  await machine.create({ name: 'base', ...withDisk }, {});
  await machine.clone({ machine: 'base', name: 'middle' }, {});
  const [disk] = await machine.disks({ machine: 'middle' }, {});
  qemuIo(disk?.file ?? '', 'qcow2', 'write -P 7 0 1M');
  await machine.clone({ machine: 'middle', name: 'top' }, {});
  await machine.start({ machine: 'top' }, {});
  expect(await getFailure(machine.detach({ machine: 'middle' }, {}))).toMatchObject({
    code: 'wrong-state',
    message: '“middle” cannot be made independent while “top” runs, which builds on it.',
    hint: expect.stringContaining('`bothy detach top`'),
  });
  await machine.detach({ machine: 'top' }, {});
  await machine.detach({ machine: 'middle' }, {});
  expect(await machine.relations({ machine: 'base' }, {})).toEqual({ buildsOn: [], dependents: [] });
});

function getOutcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    ({ code }: AppError) => code,
  );
}

function createSite({ environment }: TestHome): Site {
  const homes = resolveHomes(environment);
  const host = createHost({ environment, kvmDevice: '/dev/kvm', cacheFolder: homes.cache, dataFolder: homes.data });
  return { store: createMachineStore(homes), locks: createLocks(homes.machines), host, environment, rewarm: () => {} };
}
