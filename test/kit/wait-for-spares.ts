import type { Core } from '../../core/core.ts';
import { waitUntil } from './wait-until.ts';

/** Waits until this many machines of the only template are kept ready. */
export async function waitForSpares(core: Core, count: number): Promise<void> {
  await waitUntil(
    `${count} machines to be ready`,
    async () => {
      const [template] = await core.handlers.template.list({}, {});
      if (template?.readyProblem != null) throw new Error(template.readyProblem);
      return template?.ready === count;
    },
    { timeoutMs: 30_000 },
  );
}
