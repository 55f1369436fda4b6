import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMachineStore } from '../../../core/machine/machine-store.ts';
import { resolveHomes } from '../../../core/storage/homes.ts';
import { useTestHome } from '../../kit/test-home.ts';

test('that others cannot be told of a change takes nothing away from it', () => {
  const { environment, scratch } = useTestHome();
  const machines = join(scratch, 'not-a-folder');
  writeFileSync(machines, '');
  const store = createMachineStore({ ...resolveHomes(environment), machines });
  expect(() => store.announce('abcdefghijkl')).not.toThrow();
});
