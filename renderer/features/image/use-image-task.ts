import type { Image } from '../../../contract/image.ts';
import { type TaskAction, useTasksAction } from '../../ui/use-task-action.ts';

/** Follows the task that a dialog asks for about an image: by its machine, else by its path in the title. */
export function useImageTask({ machine, file }: Pick<Image, 'machine' | 'file'>): TaskAction {
  return useTasksAction((task) => (machine === null ? task.title.includes(file) : task.machineId === machine.id));
}
