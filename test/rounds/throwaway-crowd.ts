import { expect } from 'vitest';
import { createCore } from '../../core/create-core.ts';
import { hashFolder } from '../kit/hash-folder.ts';
import { Keeper, vmBooted } from '../kit/keeper.ts';
import type { TestHome } from '../kit/test-home.ts';

/**
 * Starts throwaways of one template, one after the other and then all at once. Each puts its own text into its memory and onto its
 * disks; none sees that of another, and the template is, to the byte, as it was.
 */
export async function playThrowawayCrowd(
  home: TestHome,
  { inARow, atOnce, guest }: { inARow: number; atOnce: number; guest: 'tiny' | 'linux' },
): Promise<void> {
  const core = createCore({ environment: home.environment });
  const { machine, template, throwaway } = core.handlers;
  const original = await vmBooted(core, home.scratch, 'origin', { guest, disks: 2 });
  await original.put('template');
  const { folder } = await template.create({ machine: 'origin', name: 'base', warm: true, full: true }, {});
  await machine.kill({ machine: 'origin' }, {});
  await machine.delete({ machine: 'origin' }, {});
  const hash = hashFolder(folder);
  const untouched = { memory: 'template', disks: ['template', 'template'] };
  const start = async (): Promise<Keeper> => {
    const started = await throwaway.create({ template: 'base', isOwned: true }, {});
    expect(started).toMatchObject({ isWarm: true, notice: null });
    return new Keeper(core, started.machine.id, guest);
  };
  for (let number = 0; number < inARow; number += 1) {
    const one = await start();
    expect(await one.get()).toEqual(untouched);
    await one.put(`row-${number}`);
    expect(await one.get()).toEqual({ memory: `row-${number}`, disks: [`row-${number}`, `row-${number}`] });
    await machine.kill({ machine: one.machine }, {});
  }
  const crowd = await Promise.all(Array.from({ length: atOnce }, start));
  const macs = await Promise.all(
    crowd.map(async (one) => (await machine.info({ machine: one.machine }, {})).definition?.network.mac),
  );
  expect(new Set(macs).size).toBe(atOnce);
  await Promise.all(
    crowd.map(async (one, number) => {
      expect(await one.get()).toEqual(untouched);
      await one.put(`crowd-${number}`);
    }),
  );
  for (const [number, one] of crowd.entries()) {
    expect(await one.get()).toEqual({ memory: `crowd-${number}`, disks: [`crowd-${number}`, `crowd-${number}`] });
  }
  await Promise.all(crowd.map((one) => machine.kill({ machine: one.machine }, {})));
  expect(await machine.list({}, {})).toEqual([]);
  expect(hashFolder(folder)).toEqual(hash);
  await template.delete({ template: 'base' }, {});
  await core.close();
}
