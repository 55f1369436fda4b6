import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { forceOff } from '../machine/force-off.ts';
import { leaveMemoryApart } from '../machine/launch-qemu.ts';
import type { RunRecord } from '../machine/run-record.ts';
import { runTool } from '../process/run-tool.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { runtimeFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import type { TimelineChange } from '../timeline/change-timeline.ts';
import { findSavedPlatformState, syncPlatformState } from '../timeline/copy-platform-state.ts';
import { receiveMemory } from '../timeline/memory-stream.ts';
import { saveStanding } from '../timeline/save-memory.ts';
import { computeFingerprint, computeSha256 } from './fingerprint.ts';
import { readHostCpu } from './host-cpu.ts';
import { canMapReadOnly } from './memory-mapping.ts';
import { type GuestFacts, type WarmState, warmFile, writeWarmState } from './warm-state.ts';

/**
 * Freezes the guest that the template's QEMU has: saves its devices, ends QEMU, and leaves in `folder` all that a clone goes
 * on from, on the disk and never to be written again.
 */
export async function freezeGuest(change: TimelineChange, run: RunRecord, folder: string, guest: GuestFacts): Promise<WarmState> {
  const memory = join(folder, warmFile.memory);
  const devices = join(folder, warmFile.devices);
  change.progress(null, 'Freezing the guest');
  const receiver = await receiveMemory(join(run.runtimeFolder, runtimeFile.save), devices);
  const bytes = await withMonitor(run.runtimeFolder, async (monitor) => {
    await monitor.execute('stop');
    await leaveMemoryApart(monitor);
    return saveStanding(change, monitor, receiver);
  }).finally(receiver.close);
  await change.withMachine((machine) => forceOff(change.site.store, machine));
  change.progress(null, 'Writing the memory to the disk');
  await releaseZeros(change, memory);
  await syncFile(memory);
  await syncPlatformState(findSavedPlatformState(folder, run.configuration));
  chmodSync(memory, (await canMapReadOnly(change.site.host)) ? 0o400 : 0o600);
  chmodSync(devices, 0o400);
  const { size, mtimeNs } = statSync(memory, { bigint: true });
  const code = run.launch.firmwareCode;
  const state: WarmState = {
    schemaVersion: 1,
    frozenAt: new Date().toISOString(),
    configuration: { ...run.configuration, network: { ...run.configuration.network, ports: [] } },
    accelerator: run.accelerator,
    qemuVersion: run.qemuVersion,
    hostCpu: run.accelerator === 'kvm' ? readHostCpu() : null,
    launch: run.launch,
    firmwareBytes: code === null ? null : statSync(code.path).size,
    devices: { bytes, sha256: await computeSha256(devices) },
    memory: { bytes: Number(size), modifiedNs: String(mtimeNs), sha256: await computeFingerprint(memory, change) },
    guest,
  };
  writeWarmState(folder, state);
  syncFolder(folder);
  return state;
}

/** Gives back the room of what the guest left zero (fallocate(1)); a file system that cannot do that keeps it. */
async function releaseZeros({ site, signal }: TimelineChange, file: string): Promise<void> {
  await runTool(['fallocate', '--dig-holes', file], { environment: site.environment, timeoutMs: digTimeoutMs, signal }).catch(
    () => {},
  );
}

/** It reads all of the memory. */
const digTimeoutMs = 600_000;
