import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createCore } from '../../core/create-core.ts';
import { listBases } from '../kit/home-files.ts';
import type { TestHome } from '../kit/test-home.ts';

/** Forces all machines of a home off, deletes them, clones before what they build on, and sees that nothing of them remains. */
export async function endMachines(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  const { machine } = core.handlers;
  const listLeft = async (): Promise<string[]> => (await machine.list({}, {})).map(({ id }) => id);
  for (const { id, state } of await machine.list({}, {}))
    if (state !== 'off') await machine.kill({ machine: id }, {}).catch(() => {});
  for (let left = await listLeft(); left.length > 0; left = await listLeft()) {
    const free = left.filter((id) => !left.some((other) => listBases(home, other).includes(id)));
    for (const id of free) await machine.delete({ machine: id }, {});
  }
  await core.close();
  expect(readdirSync(join(home.folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([]);
  expect(readdirSync(join(home.folder, 'run'))).toEqual([]);
}
