import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Core } from '../../core/core.ts';
import { createHost } from '../../core/host/host.ts';
import { createMachineStore } from '../../core/machine/machine-store.ts';
import { startMachine } from '../../core/machine/start-machine.ts';
import { resolveHomes } from '../../core/storage/homes.ts';
import { readWarmState, warmFile } from '../../core/template/warm-state.ts';
import { qemuImg } from './disk-images.ts';
import { Keeper } from './keeper.ts';

/** Starts a clone from a template's frozen memory by hand: QEMU's own overlays, the memory mapped privately, then the devices. */
export async function startWarmClone(
  core: Core,
  environment: Readonly<Record<string, string | undefined>>,
  template: string,
  name: string,
  guest: 'linux' | 'tiny' = 'linux',
): Promise<Keeper> {
  const homes = resolveHomes(environment);
  const store = createMachineStore(homes);
  const definition = store.list().find((one) => one.name === template)?.definition;
  const warm = definition?.template?.warm;
  if (definition == null || warm == null) throw new Error(`${template} is no warm template`);
  const from = store.folderOf(definition.id);
  const state = readWarmState(join(from, warm.folder));
  const id = `${name}000000000000`.slice(0, 12);
  const folder = store.folderOf(id);
  for (const part of ['disks', 'logs']) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  const { nvram, tpm } = state.configuration;
  if (nvram !== null) cpSync(join(from, nvram), join(folder, 'nvram.fd'));
  if (tpm !== null) cpSync(join(from, tpm), join(folder, 'tpm'), { recursive: true });
  for (const { disk, file } of warm.layers) {
    const overlay = join(folder, 'disks', `${disk}.qcow2`);
    qemuImg('create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', join(from, file), overlay);
  }
  const machine = {
    ...definition,
    ...state.configuration,
    id,
    name,
    nvram: nvram === null ? null : 'nvram.fd',
    tpm: tpm === null ? null : 'tpm',
    disks: state.configuration.disks.map((disk) => ({ ...disk, file: `disks/${disk.id}.qcow2` })),
    template: null,
  };
  store.write(machine);
  onTestFinished(async () => {
    await core.handlers.machine.kill({ machine: id }, {}).catch(() => {});
  });
  const host = createHost({ environment, kvmDevice: '/dev/kvm', cacheFolder: homes.cache, dataFolder: homes.data });
  const isNew = (await host.tools()).versionParts.major >= 9;
  await startMachine(store, host, machine, {
    source: {
      memory: { ...state, state: 'running', bytes: state.devices.bytes },
      file: join(from, warm.folder, warmFile.devices),
      isMemoryApart: true,
    },
    memoryFile: { path: join(from, warm.folder, warmFile.memory), mapping: isNew ? 'read-only' : 'private' },
  });
  return new Keeper(core, id, guest);
}
