import { basename, join } from 'node:path';
import type { Handlers } from '../handlers.ts';
import { isSpare } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import type { TaskList } from '../task/task-list.ts';
import { resolveImage } from './image-place.ts';

/** Handlers of the noun `image`. What does the work is loaded when it is first asked for. */
export function createImageHandlers(site: Site, tasks: TaskList): Handlers['image'] {
  /** The title names the image, the task its machine. */
  const find = (reference: string): { name: string; machineId: string | null } => {
    const place = resolveImage(site.store, reference);
    const { file } = place;
    if (place.kind !== 'machine') return { name: file, machineId: null };
    const { id, name, folder, definition } = place.machine;
    const disk = definition?.disks.find((one) => join(folder, one.file) === file)?.id;
    return { name: `${disk ?? basename(file)} of “${name}”`, machineId: id };
  };
  return {
    list: async () => {
      const { readImageTable } = await import('./image-table.ts');
      const spares = new Set(site.store.list().flatMap((stored) => (isSpare(stored) ? [stored.id] : [])));
      const images = [...readImageTable(site.store).values()].filter(
        ({ role, machine }) => role !== 'outside' && !spares.has(machine?.id ?? ''),
      );
      return {
        images: images.map(({ dependents: _, usedBy, ...image }) => ({
          ...image,
          usedBy: usedBy.filter(({ id }) => !spares.has(id)),
        })),
      };
    },
    info: async ({ image }, { signal }) => {
      const { describeImage } = await import('./describe-image.ts');
      return describeImage(site, image, signal);
    },
    create: (input, context) =>
      tasks.run(`Create ${input.file}`, null, context, async (task) => {
        const { createImage } = await import('./create-image.ts');
        return createImage(site, input, task);
      }),
    resize: async (input, { signal }) => {
      const { resizeImage } = await import('./resize-image.ts');
      return resizeImage(site, input, signal);
    },
    convert: async (input, context) => {
      const { name, machineId } = find(input.image);
      return tasks.run(`Convert ${name}`, machineId, context, async (task) => {
        const { convertImage } = await import('./convert-image.ts');
        return convertImage(site, input, task);
      });
    },
    check: async (input, context) => {
      const { name, machineId } = find(input.image);
      return tasks.run(`Check ${name}`, machineId, context, async (task) => {
        const { checkImage } = await import('./check-image.ts');
        return checkImage(site, input, task);
      });
    },
    compact: async ({ image }, context) => {
      const { name, machineId } = find(image);
      return tasks.run(`Compact ${name}`, machineId, context, async (task) => {
        const { compactImage } = await import('./compact-image.ts');
        return compactImage(site, image, task);
      });
    },
    delete: async ({ image }, { signal }) => {
      const { deleteImage } = await import('./delete-image.ts');
      return deleteImage(site, image, signal);
    },
  };
}
