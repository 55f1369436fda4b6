import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createCore } from '../../core/create-core.ts';
import type { TestHome } from '../kit/test-home.ts';

/** Forces all machines of a home off, deletes them, and sees that nothing of them remains. */
export async function endMachines(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  const { machine } = core.handlers;
  for (const { id, state } of await machine.list({}, {})) {
    if (state !== 'off') await machine.kill({ machine: id }, {}).catch(() => {});
    await machine.delete({ machine: id }, {});
  }
  await core.close();
  expect(readdirSync(join(home.folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([]);
  expect(readdirSync(join(home.folder, 'run'))).toEqual([]);
}
