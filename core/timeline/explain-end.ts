import { AppError } from '../../contract/app-error.ts';
import type { TimelineChange } from './change-timeline.ts';

/** What work with a running QEMU failed with; when its machine went off meanwhile, that is the reason. Not for within `withMachine`. */
export async function explainEnd(change: TimelineChange, error: unknown): Promise<unknown> {
  const isOfQemu = error instanceof AppError && (error.code === 'qemu-unresponsive' || error.code === 'qemu-failed');
  if (!isOfQemu) return error;
  const isOn = await change.withMachine(async ({ process }) => process !== undefined).catch(() => true);
  if (isOn) return error;
  return new AppError('wrong-state', `“${change.name}” went off before this was done: ${change.operation}.`, {
    hint: '`bothy info NAME` tells if it crashed. Try again while it stays on, or is off.',
    cause: error,
  });
}
