import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { MergeRecord } from '../../contract/timeline.ts';
import type { ReportProgress } from '../image/qemu-img.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import type { TimelineChange } from './change-timeline.ts';
import { explainEnd } from './explain-end.ts';
import { buildBackingName } from './layer-names.ts';
import { readLiveDisks, readLiveNodes, removeIdleNodes } from './live-disks.ts';
import { replaceLayer } from './merge-journal.ts';

/** QMP's `JobInfo`, as far as it concerns us. */
interface JobInfo {
  readonly id: string;
  readonly status: string;
  readonly 'current-progress': number;
  readonly 'total-progress': number;
  readonly error?: string;
}

/** The names of our jobs begin with this. */
export const jobPrefix = 'merge-';
const lookMs = 50;

/**
 * Lets a running QEMU copy a layer down (`block-commit`, QEMU's docs/interop/live-block-operations). For the layer the guest
 * writes to, the last step is made while the guest stands still for a moment: between QEMU's switch to the lower layer and
 * the new `machine.json` both hold the same.
 */
export async function commitLive(
  change: TimelineChange,
  machine: ObservedMachine,
  record: MergeRecord,
  report: ReportProgress,
): Promise<void> {
  const runtimeFolder = machine.run?.runtimeFolder ?? change.site.store.runtimeFolderOf(change.id);
  const jobId = `${jobPrefix}${record.disk}`;
  const isActive = await withMonitor(runtimeFolder, (monitor) => begin(monitor, change, record, jobId));
  await followJob(change, runtimeFolder, jobId, isActive, report);
  if (isActive) await pivot(change, runtimeFolder, record, jobId);
  // The upper layer's node would keep the lower one busy.
  await withMonitor(runtimeFolder, removeIdleNodes);
}

/** Starts the job; tells whether it is the layer the guest writes to. */
async function begin(monitor: QmpClient, change: TimelineChange, record: MergeRecord, jobId: string): Promise<boolean> {
  const from = join(change.folder, record.from);
  const into = join(change.folder, record.into);
  const [disks, nodes] = [await readLiveDisks(monitor), await readLiveNodes(monitor)];
  const disk = disks.get(record.disk);
  const [top, base] = [nodes.get(from), nodes.get(into)];
  if (disk === undefined || top === undefined || base === undefined) {
    throw new AppError('qemu-failed', `QEMU does not have ${record.from} of “${change.name}” open.`, {
      hint: 'Shut the machine down and try again.',
    });
  }
  const isActive = disk.file === from;
  await monitor.execute('block-commit', {
    'job-id': jobId,
    device: disk.node,
    'base-node': base,
    // For a layer in the middle QEMU itself writes the new name into the one above.
    ...(isActive ? {} : { 'top-node': top, 'backing-file': buildBackingName(from, into) }),
    'auto-dismiss': false,
  });
  return isActive;
}

/** Waits until the job is done, or ready for its last step. Cancelling leaves everything as it was. */
export async function followJob(...job: Parameters<typeof watchJob>): Promise<void> {
  try {
    await watchJob(...job);
  } catch (error) {
    throw await explainEnd(job[0], error);
  }
}

async function watchJob(
  change: TimelineChange,
  runtimeFolder: string,
  jobId: string,
  isActive: boolean,
  report: ReportProgress,
): Promise<void> {
  for (;;) {
    const job = await withMonitor(runtimeFolder, (monitor) => findJob(monitor, jobId));
    if (job !== undefined && job['total-progress'] > 0) report(job['current-progress'] / job['total-progress']);
    if (isActive && job?.status === 'ready') return;
    if (job === undefined || job.status === 'concluded') {
      await withMonitor(runtimeFolder, (monitor) => dismiss(monitor, jobId));
      if (isActive || job?.error !== undefined) throw buildFailure(change, job?.error);
      return;
    }
    if (change.signal?.aborted === true) {
      await withMonitor(runtimeFolder, (monitor) => endJob(monitor, jobId));
      throw new AppError('cancelled', `Copying layers of “${change.name}” was cancelled.`);
    }
    await delay(lookMs);
  }
}

async function pivot(change: TimelineChange, runtimeFolder: string, record: MergeRecord, jobId: string): Promise<void> {
  await change.withMachine(async (machine) => {
    const wasRunning = machine.state === 'running';
    await withMonitor(runtimeFolder, async (monitor) => {
      if (wasRunning) {
        change.writeNote({ isGuestStopped: true });
        await monitor.execute('stop');
      }
      // Once QEMU has switched, the guest may only go on when `machine.json` says so: otherwise it would write where nobody looks.
      let mayGoOn = false;
      try {
        await monitor.execute('job-complete', { id: jobId });
        const job = await waitForEnd(monitor, jobId);
        await dismiss(monitor, jobId);
        const after = (await readLiveDisks(monitor)).get(record.disk);
        if (after?.file !== join(change.folder, record.into)) {
          mayGoOn = after?.file === join(change.folder, record.from);
          throw buildFailure(change, job?.error);
        }
        await change.commit((definition) => replaceLayer(definition, record));
        mayGoOn = true;
      } finally {
        if (wasRunning && mayGoOn) {
          await monitor.execute('cont');
          change.writeNote({ isGuestStopped: false });
        }
      }
    });
  });
}

/** Ends what jobs of ours a killed process left in a running QEMU. */
export async function endLeftJobs(monitor: QmpClient): Promise<void> {
  const jobs = await monitor.execute<JobInfo[]>('query-jobs');
  for (const { id } of jobs.filter((job) => job.id.startsWith(jobPrefix))) await endJob(monitor, id);
}

async function endJob(monitor: QmpClient, jobId: string): Promise<void> {
  const job = await findJob(monitor, jobId);
  // `block-job-cancel` with force: a job that is ready would otherwise end well, with the switch to the lower layer.
  if (job !== undefined && job.status !== 'concluded') {
    await monitor.execute('block-job-cancel', { device: jobId, force: true }).catch(() => {});
    await waitForEnd(monitor, jobId);
  }
  await dismiss(monitor, jobId);
}

async function waitForEnd(monitor: QmpClient, jobId: string): Promise<JobInfo | undefined> {
  for (;;) {
    const job = await findJob(monitor, jobId);
    if (job === undefined || job.status === 'concluded') return job;
    await delay(2);
  }
}

async function dismiss(monitor: QmpClient, jobId: string): Promise<void> {
  await monitor.execute('job-dismiss', { id: jobId }).catch(() => {});
}

async function findJob(monitor: QmpClient, jobId: string): Promise<JobInfo | undefined> {
  const jobs = await monitor.execute<JobInfo[]>('query-jobs');
  return jobs.find(({ id }) => id === jobId);
}

function buildFailure(change: TimelineChange, words: string | undefined): AppError {
  if (words !== undefined && /No space left on device/.test(words)) {
    return new AppError('not-enough-space', `Layers of “${change.name}” were not copied: the host's disk is full.`, {
      hint: 'Make room and try again; nothing is lost.',
      details: words,
    });
  }
  return new AppError('qemu-failed', `QEMU could not copy layers of “${change.name}”.`, {
    hint: 'Nothing is lost. Shut the machine down and try again.',
    details: words,
  });
}
