import { expect, test } from 'vitest';
import { shareDemoTemplate } from '../../kit/share-demo-template.ts';

const shared = shareDemoTemplate();

test('a machine that went on from its memory is reset like any other: a clone, a fork, and one that was suspended', async () => {
  const { machine, throwaway } = shared.core.handlers;
  const clone = (await throwaway.create({ template: 'demo' }, {})).machine.id;
  const fork = (await machine.fork({ machine: clone }, {})).machine.id;
  const reset = async (id: string): Promise<void> => {
    await machine.reset({ machine: id }, {});
    // It boots, which is when QEMU resets the card a second time.
    await machine.wait({ machine: id, for: 'agent' }, {});
    expect(await machine.exec({ machine: id, command: ['uname'] }, {})).toMatchObject({ exitCode: 0, stdout: 'Linux\n' });
  };
  await reset(clone);
  await machine.suspend({ machine: fork }, {});
  await machine.start({ machine: fork }, {});
  await reset(fork);
}, 180_000);
