import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { connectQmp, type QmpClient } from '../../core/qemu/qmp-client.ts';
import { getLinuxGuest } from '../guests/index.ts';
import { vmBooted } from '../kit/keeper.ts';
import { listTickArguments, startPauseMeter } from '../kit/pause-meter.ts';
import { RawQemu } from '../kit/raw-qemu.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { findLibvirt } from './libvirt.ts';
import { median, report } from './measure.ts';

const rounds = 10;
const memoryMiB = 512;

/** Snapshot and restore of a running Linux guest of 512 MiB, beside raw QMP and libvirt; and how long its guest stands still. */
export async function benchSnapshots(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  const own = await timeOwn(core, home);
  const raw = await timeRaw(home);
  report('snapshot with memory / QMP snapshot-save', own.create / raw.save, '', ms({ bothy: own.create, qmp: raw.save }));
  report('restore to running / QMP snapshot-load', own.restore / raw.load, '', ms({ bothy: own.restore, qmp: raw.load }));
  report(
    'the guest’s pause / that of QMP snapshot-save',
    own.paused / raw.paused,
    '',
    ms({ bothy: own.paused, qmp: raw.paused }),
  );
  console.log(
    `the guest’s pause, method “${own.method}”: ${own.paused.toFixed(1)} ms by QEMU’s STOP and RESUME (largest ${own.worst.toFixed(1)}),`,
  );
  console.log(
    `  largest gap between its ticks ${own.gap.toFixed(1)} ms, without any snapshot ${own.quiet.toFixed(1)} ms; goal under 50 ms`,
  );
  const libvirt = await findLibvirt();
  if (libvirt === undefined) console.log('virsh: not compared, libvirt is not installed or does not run');
  else {
    const { kernel, initrd, append } = await getLinuxGuest();
    const disk = join(home.scratch, 'virsh.qcow2');
    const serialLog = join(home.scratch, 'virsh-serial.log');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1G']);
    const isReady = () =>
      waitUntil('the domain to boot', () => readFileSync(serialLog, 'utf8').includes('bothy-guest-ready'), {
        timeoutMs: 120_000,
      });
    const times = await libvirt.timeSnapshots({ disk, kernel, initrd, append, memoryMiB, serialLog, isReady }, rounds);
    report('virsh snapshot-create-as / snapshot', times.create / own.create, '', ms({ virsh: times.create }));
    report('virsh snapshot-revert / restore', times.revert / own.restore, '', ms({ virsh: times.revert }));
  }
  await core.close();
}

async function timeOwn(core: Core, home: TestHome) {
  const { snapshot, machine } = core.handlers;
  const extraArguments = listTickArguments(home.scratch);
  const keeper = await vmBooted(core, home.scratch, 'timed', { guest: 'linux', disks: 1, memoryMiB, extraArguments });
  const id = keeper.machine;
  const meter = await startPauseMeter(keeper, home.scratch);
  const samples = {
    create: [] as number[],
    paused: [] as number[],
    gap: [] as number[],
    quiet: [] as number[],
    restore: [] as number[],
  };
  let method = '';
  for (let round = 0; round < rounds; round += 1) {
    await meter.ask();
    const begin = performance.now();
    const taken = await snapshot.create({ machine: id, name: `s${round}` }, {});
    samples.create.push(performance.now() - begin);
    samples.gap.push((await meter.ask()).hostMs);
    samples.paused.push(taken.pausedMs ?? Number.NaN);
    method = taken.method;
    const until = performance.now() + (samples.create.at(-1) ?? 0);
    await waitUntil('as long without a snapshot', () => performance.now() > until, { timeoutMs: 60_000 });
    samples.quiet.push((await meter.ask()).hostMs);
  }
  await meter.stop();
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now();
    await snapshot.restore({ machine: id, snapshot: `s${round}`, present: 'discard' }, {});
    samples.restore.push(performance.now() - begin);
  }
  await machine.kill({ machine: id }, {});
  await machine.delete({ machine: id }, {});
  return {
    method,
    create: median(samples.create),
    paused: median(samples.paused),
    worst: Math.max(...samples.paused),
    gap: median(samples.gap),
    quiet: median(samples.quiet),
    restore: median(samples.restore),
  };
}

/** QEMU's own internal snapshots, by the jobs of its monitor. */
async function timeRaw(home: TestHome): Promise<{ save: number; load: number; paused: number }> {
  const { kernel, initrd, append } = await getLinuxGuest();
  const disk = join(home.scratch, 'raw.qcow2');
  const socket = join(home.scratch, 'raw-qmp.sock');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '2G']);
  const qemu = await RawQemu.start(home.scratch, [
    ...['-kernel', kernel, '-initrd', initrd, '-append', append, '-qmp', `unix:${socket},server=on,wait=off`],
    ...['-blockdev', JSON.stringify({ driver: 'qcow2', 'node-name': 'disk0', file: { driver: 'file', filename: disk } })],
    ...['-device', 'virtio-blk-pci,drive=disk0'],
  ]);
  const samples = { save: [] as number[], load: [] as number[], paused: [] as number[] };
  try {
    await waitUntil('the guest to boot', () => qemu.serial.includes('bothy-guest-ready'), { timeoutMs: 120_000 });
    const monitor = await connectQmp(socket);
    const stops: number[] = [];
    monitor.onEvent(({ event, timestamp }) => {
      const at = timestamp.seconds * 1000 + timestamp.microseconds / 1000;
      if (event === 'STOP') stops.push(at);
      if (event === 'RESUME') samples.paused.push(at - (stops.at(-1) ?? at));
    });
    for (let round = 0; round < rounds; round += 1) {
      samples.save.push(await runJob(monitor, 'snapshot-save', `s${round}`));
      samples.load.push(await runJob(monitor, 'snapshot-load', `s${round}`));
      await runJob(monitor, 'snapshot-delete', `s${round}`);
    }
    monitor.close();
  } finally {
    await qemu.kill();
  }
  return { save: median(samples.save), load: median(samples.load), paused: Math.max(...samples.paused) };
}

async function runJob(monitor: QmpClient, command: string, tag: string): Promise<number> {
  const begin = performance.now();
  const place = command === 'snapshot-delete' ? {} : { vmstate: 'disk0' };
  await monitor.execute(command, { 'job-id': tag, tag, devices: ['disk0'], ...place }, { timeoutMs: 60_000 });
  await waitUntil(
    `${command} to end`,
    async () => {
      const jobs = await monitor.execute<{ id: string; status: string }[]>('query-jobs', undefined, { timeoutMs: 60_000 });
      return jobs.find(({ id }) => id === tag)?.status === 'concluded';
    },
    { timeoutMs: 60_000, intervalMs: 5 },
  );
  const duration = performance.now() - begin;
  await monitor.execute('job-dismiss', { id: tag });
  return duration;
}

function ms(values: Record<string, number>): string {
  return `(${Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(1)} ms`)
    .join(', ')})`;
}
