import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition, PendingChange, Settings } from '../../contract/machine.ts';
import { checkCpus, checkExtraArguments, checkMemorySize, checkName, checkPorts, checkTags } from '../create/check-settings.ts';
import { checkOpticalImage } from '../image/check-source-image.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { recordActivity } from './activity.ts';
import { changeMachine } from './change-machine.ts';
import { claimName } from './claim-name.ts';
import { getDefinition } from './find-machine.ts';
import type { ObservedMachine } from './observe-machine.ts';
import { checkReadableFile } from './preflight.ts';
import type { Site } from './site.ts';

/**
 * Changes settings: all of them or none. The CD medium, the name and the tags count at once, the rest from the next
 * start of QEMU.
 */
export function changeSettings(
  site: Site,
  reference: string,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<void> {
  return changeMachine(site, reference, 'set', signal, async (machine) => {
    const before = getDefinition(machine.stored);
    checkSettings(settings, before);
    const after = applySettings(before, settings);
    const apply = () => applyToMachine(site, machine, before, after);
    await (after.name === before.name ? apply() : claimName(site, after.name, after.id, apply));
    const changed = Object.keys(settings).filter((key) => settings[key as keyof Settings] !== undefined);
    recordActivity(machine.stored.folder, 'SET', `Changed ${changed.join(', ')}`);
  });
}

/** Once the name is ours: the drive of the running machine, then the file; if the file cannot be written, the drive goes back. */
async function applyToMachine(
  site: Site,
  machine: ObservedMachine,
  before: MachineDefinition,
  after: MachineDefinition,
): Promise<void> {
  const isMediumChanged = after.cdrom !== before.cdrom && machine.process !== undefined;
  if (isMediumChanged) await changeMedium(machine, after.cdrom);
  try {
    site.store.write(after);
  } catch (error) {
    if (isMediumChanged) await changeMedium(machine, before.cdrom).catch(() => {});
    throw error;
  }
}

/** What was set but does not count before the next start. */
export function listPending(now: MachineConfiguration, next: MachineConfiguration): PendingChange[] {
  const show: Record<string, (machine: MachineConfiguration) => string> = {
    memory: (machine) => `${machine.memoryMiB} MiB`,
    cpus: (machine) => String(machine.cpus),
    accelerator: (machine) => machine.accelerator,
    'boot order': (machine) => machine.bootOrder.join(', ') || 'nothing',
    'port forwards': (machine) =>
      machine.network.ports.map((port) => `${port.host}:${port.guest}/${port.protocol}`).join(', ') || 'none',
    kernel: (machine) =>
      machine.kernel === null ? 'none' : [machine.kernel.kernel, machine.kernel.initrd, machine.kernel.append].join(' '),
    'extra arguments': (machine) => machine.extraArguments.join(' ') || 'none',
  };
  return Object.entries(show)
    .map(([setting, format]) => ({ setting, now: format(now), next: format(next) }))
    .filter((change) => change.now !== change.next);
}

function checkSettings(settings: Settings, before: MachineDefinition): void {
  if (settings.name !== undefined) checkName(settings.name);
  if (settings.cpus !== undefined) checkCpus(settings.cpus);
  if (settings.memoryMiB !== undefined) checkMemorySize(settings.memoryMiB);
  if (settings.cdrom != null && settings.cdrom !== before.cdrom) checkOpticalImage(settings.cdrom);
  if (settings.ports !== undefined) checkPorts(settings.ports);
  if (settings.tags !== undefined) checkTags(settings.tags);
  if (settings.extraArguments !== undefined) checkExtraArguments(settings.extraArguments);
  if (settings.bootOrder !== undefined && new Set(settings.bootOrder).size !== settings.bootOrder.length) {
    throw new AppError('invalid-input', `The boot order names a device twice: ${settings.bootOrder.join(', ')}.`, {
      hint: 'Name each of disk, cdrom and network at most once.',
    });
  }
  if (settings.kernel != null) {
    checkReadableFile(settings.kernel.kernel, 'The kernel');
    if (settings.kernel.initrd !== null) checkReadableFile(settings.kernel.initrd, 'The initrd');
  }
}

function applySettings(before: MachineDefinition, { ports, ...settings }: Settings): MachineDefinition {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { ...before, ...given, network: ports === undefined ? before.network : { ...before.network, ports } };
}

/** Puts a medium into the drive of the running machine, or takes it out, as if the tray were opened by hand. */
async function changeMedium(machine: ObservedMachine, path: string | null): Promise<void> {
  const runtimeFolder = machine.run?.runtimeFolder;
  if (runtimeFolder === undefined) return;
  await withMonitor(runtimeFolder, async (monitor) => {
    if (path === null) await monitor.execute('eject', { id: 'cd0-device', force: true });
    else {
      // Without the mode QEMU opens a medium of an empty drive for writing, and locks out every other machine that has it in.
      const medium = { id: 'cd0-device', filename: path, format: 'raw', force: true, 'read-only-mode': 'read-only' };
      await monitor.execute('blockdev-change-medium', medium);
    }
  });
}
