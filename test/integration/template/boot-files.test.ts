import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { getQuickDemoGuest } from '../../guests/index.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { useCore } from '../../kit/use-core.ts';

test('a template keeps the kernel and initial file system its machine was started from', async (context) => {
  skipWithoutGuests(context);
  const { core, scratch, folder } = useCore();
  const { machine, template } = core.handlers;
  const guest = await getQuickDemoGuest();
  const [kernel, initrd] = [join(scratch, 'vmlinux'), join(scratch, 'initrd')];
  copyFileSync(guest.kernel, kernel);
  copyFileSync(guest.initrd, initrd);
  const source = { type: 'kernel', kernel, initrd, append: guest.append } as const;
  await machine.create({ name: 'first', source, memoryMiB: 256, cpus: 1, accelerator: 'tcg', start: true }, {});
  await machine.wait({ machine: 'first', for: 'agent', timeoutSeconds: 80 }, {});
  const { id } = await template.create({ machine: 'first', name: 'base', warm: true, readyWhen: 'agent', full: true }, {});
  await machine.kill({ machine: 'first' }, {});
  await machine.delete({ machine: 'first' }, {});
  for (const file of [kernel, initrd]) rmSync(file);

  const home = join(folder, 'machines', id);
  const definition = JSON.parse(readFileSync(join(home, 'machine.json'), 'utf8'));
  const warm = JSON.parse(readFileSync(join(home, definition.template.warm.folder, 'warm.json'), 'utf8'));
  for (const { kernel: own } of [definition, warm.configuration]) {
    expect(own).toMatchObject({ kernel: join(home, 'boot/kernel'), initrd: join(home, 'boot/initrd') });
    expect(readFileSync(own.initrd).equals(readFileSync(guest.initrd))).toBe(true);
  }
});
