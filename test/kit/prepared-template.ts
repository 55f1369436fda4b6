import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createCore } from '../../core/create-core.ts';
import { vmBooted } from './keeper.ts';
import { createTestHome, type TestHome } from './test-home.ts';
import type { CoreOfTest } from './use-core.ts';

/** A warm template of the boot sector guest called `base`, which needs nothing else, made once for all tests of a file. */
export interface PreparedTemplate {
  /** Puts a copy of it into a test's home, which may do with it what it likes. Gives its folder. */
  placeIn(test: CoreOfTest): { readonly id: string; readonly folder: string };
}

export function prepareTinyTemplate(options: { readonly disks: 1 | 2 }): PreparedTemplate {
  let home: TestHome;
  let id = '';
  beforeAll(async () => {
    home = createTestHome();
    const core = createCore({ environment: home.environment });
    const { machine, template } = core.handlers;
    await vmBooted(core, home.scratch, 'origin', { guest: 'tiny', ...options });
    id = (await template.create({ machine: 'origin', name: 'base', warm: true, full: true }, {})).id;
    await machine.kill({ machine: 'origin' }, {});
    await machine.delete({ machine: 'origin' }, {});
    await core.close();
  });
  afterAll(() => home.dispose());
  return {
    placeIn({ folder }) {
      const machines = join(folder, 'machines');
      // With its times, by which it is known to be as it was.
      execFileSync('cp', ['-a', join(home.folder, 'machines', id), machines]);
      return { id, folder: join(machines, id) };
    },
  };
}
