import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tinyMachine, useCore } from '../../kit/use-core.ts';

it('a machine that comes back paused can be snapshotted, cloned and merged before it goes on', async () => {
  const { core, machine, folder } = useCore();
  const { snapshot } = core.handlers;
  const { id } = await machine.create({ name: 'web', ...tinyMachine, diskSize: 64 * 1024 ** 2 }, {});
  await machine.start({ machine: id }, {});
  await machine.pause({ machine: id }, {});
  await snapshot.create({ machine: id, name: 'first' }, {});
  await machine.suspend({ machine: id }, {});
  expect(await machine.start({ machine: id }, {})).toMatchObject({ state: 'paused' });
  await machine.clone({ machine: id, name: 'copy' }, {});
  await snapshot.create({ machine: id, name: 'second' }, {});
  expect(await snapshot.restore({ machine: id, snapshot: 'first', present: 'discard' }, {})).toMatchObject({ state: 'paused' });
  await machine.delete({ machine: 'copy' }, {});
  await snapshot.delete({ machine: id, snapshot: 'second' }, {});
  await snapshot.delete({ machine: id, snapshot: 'first' }, {});
  expect(readdirSync(join(folder, 'machines', id, 'disks'))).toEqual(['disk0.qcow2']);
  expect(await machine.resume({ machine: id }, {})).toMatchObject({ state: 'running' });
});
