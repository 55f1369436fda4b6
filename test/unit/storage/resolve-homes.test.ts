import { isAbsolute } from 'node:path';
import { expect, test } from 'vitest';
import { resolveHomes } from '../../../core/storage/homes.ts';

test.each([{}, { HOME: '' }, { HOME: 'here' }, { HOME: '', XDG_DATA_HOME: 'data', XDG_CACHE_HOME: '', XDG_RUNTIME_DIR: 'run' }])(
  'no folder is relative, whatever the environment: %j',
  (environment) => {
    for (const folder of Object.values(resolveHomes(environment))) expect(folder).toSatisfy(isAbsolute);
  },
);
