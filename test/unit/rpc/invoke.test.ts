import { expect, test } from 'vitest';
import { AppError } from '../../../contract/app-error.ts';
import { invoke, type OperationName } from '../../../core/invoke.ts';
import { createStandInCore } from '../../fixtures/stand-in-core.ts';

const core = createStandInCore();

test('the result of the handler comes back', async () => {
  expect(await invoke(core, 'machine.list', {})).toHaveLength(1);
});

test('a stream is given as it is', async () => {
  const controller = new AbortController();
  for await (const event of await invoke(core, 'watch.all', {}, { signal: controller.signal })) {
    expect(event).toMatchObject({ type: 'snapshot', sequence: 0 });
    break;
  }
  expect(core.watchers.size).toBe(0);
});

test.each([
  ['machine.info', {}, 'machine.info was asked with wrong input: machine: expected string, received nothing.'],
  ['machine.info', { machine: 'a', x: 1 }, 'machine.info was asked with wrong input: unrecognized key: "x".'],
  [
    'machine.keys',
    { machine: 'a', keys: ['a', 7] },
    'machine.keys was asked with wrong input: keys[1]: expected string, received number.',
  ],
  [
    'machine.set',
    { machine: 'a', settings: { memoryMiB: 'lots' } },
    'machine.set was asked with wrong input: settings.memoryMiB: expected number, received string.',
  ],
  ['machine.list', null, 'machine.list was asked with wrong input: expected object, received null.'],
] as const)('%s refuses %j and names the path', async (name, input, message) => {
  const error = await invoke(core, name, input).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: 'invalid-input', message });
});

test.each(['machine.fly', 'toString.call', 'machine.toString', '', 'machine'])('there is no operation %j', async (name) => {
  await expect(invoke(core, name as OperationName, {})).rejects.toMatchObject({ code: 'invalid-input' });
});
