import { AppError } from '../../contract/app-error.ts';
import type { Guests } from '../core.ts';
import type { TaskContext } from '../task/task-list.ts';

export async function copyFiles(
  _guests: Guests,
  _machine: { readonly id: string; readonly name: string },
  _wish: object,
  _task: TaskContext,
): Promise<never> {
  throw new AppError('internal', 'Not built yet.');
}
