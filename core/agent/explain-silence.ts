import { AppError } from '../../contract/app-error.ts';
import { getById } from '../machine/find-machine.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { requireStillOn } from './explain-gone.ts';

/** The machine whose guest does not answer. */
export interface Doubt {
  readonly site: Site;
  readonly id: string;
  readonly name: string;
  readonly runtimeFolder: string;
  /** When its time is over, if it is a throwaway that has one. */
  readonly expiresAt: string | null;
}

/**
 * Throws why a guest that was on does not answer: its machine ended (`wrong-state`, `qemu-failed`), its agent has not opened the
 * port (`agent-missing`), or, when it is `late`, the agent hangs (`timed-out`). Returns when it may still answer.
 */
export async function explainSilence(doubt: Doubt, isLate: boolean): Promise<void> {
  await requireStillOn(doubt);
  const isOpen = await isAgentThere(doubt).catch(async (error: unknown) => {
    // QEMU may have ended just now.
    await requireStillOn(doubt);
    throw error;
  });
  if (!isOpen) {
    throw new AppError('agent-missing', `No guest agent answers in “${doubt.name}”.`, {
      hint: `Install and start qemu-guest-agent in the guest, or wait until it has booted: \`bothy wait ${doubt.name} --for agent\`.`,
    });
  }
  if (!isLate) return;
  throw new AppError('timed-out', `The guest agent of “${doubt.name}” does not answer.`, {
    hint: 'It hangs or the guest is very busy. What was asked for may still happen when it goes on.',
  });
}

function isAgentThere({ runtimeFolder }: Doubt): Promise<boolean> {
  return withMonitor(
    runtimeFolder,
    async (monitor) => {
      const devices = await monitor.execute<{ label: string; 'frontend-open': boolean }[]>('query-chardev');
      return devices.some((device) => device.label === 'agent0' && device['frontend-open']);
    },
    { timeoutMs: 2000 },
  );
}

/** Throws `wrong-state` unless the machine runs: before a command is begun. */
export async function requireRunning({ site, id, name }: Pick<Doubt, 'site' | 'id' | 'name'>): Promise<void> {
  const { state, stored } = await observeMachine(site.store, site.locks, getById(site.store, id));
  if (state === 'running') return;
  // A throwaway that is off is gone in a moment.
  const isThrowaway = stored.definition?.throwaway != null;
  const hint =
    state === 'paused'
      ? `Let it go on first: bothy resume ${name}`
      : state === 'starting' || isThrowaway
        ? undefined
        : `Start it first: bothy start ${name}`;
  throw new AppError('wrong-state', `No command can run in “${name}”: it is ${state}.`, { hint });
}
