import { expect, test } from 'vitest';
import { machineSummarySchema } from '../../../contract/machine.ts';
import { runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { useTestHome } from '../../kit/test-home.ts';

const fast = ['--disk', '0', '--memory', '32M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];

test('all names are tried; the exit code is that of the first failure', async () => {
  const home = useTestHome();
  for (const name of ['one', 'two']) await runBothyJson(home, ['create', name, ...fast]);
  const words = await runBothy(home, ['start', 'one', 'nope', 'two']);
  expect(words).toMatchObject({ exitCode: 3, stdout: 'one: running (tcg)\ntwo: running (tcg)\n' });
  expect(words.stderr).toContain('bothy: There is no machine “nope”.');
  const json = await runBothy(home, ['pause', 'one', 'nope', 'two', '--json']);
  expect(json.exitCode).toBe(3);
  expect(
    machineSummarySchema
      .array()
      .parse(JSON.parse(json.stdout))
      .map((one) => one.state),
  ).toEqual(['paused', 'paused']);
  expect(JSON.parse(json.stderr)).toMatchObject({
    error: { code: 'not-found' },
    errors: [{ machine: 'nope', code: 'not-found' }],
  });
  const again = await runBothy(home, ['pause', 'two', 'nope', '--json']);
  expect(again).toMatchObject({ exitCode: 4, stdout: '[]\n' });
  expect(await runBothyJson(home, ['kill', 'one', 'two'])).toMatchObject([{ state: 'off' }, { state: 'off' }]);
  expect((await runBothy(home, ['delete', 'one', 'two'])).stdout).toBe('one: deleted\ntwo: deleted\n');
});

test('many commands at the same time: one machine per name, one start per machine', async () => {
  const home = useTestHome();
  const created = await Promise.all(Array.from({ length: 4 }, () => runBothy(home, ['create', 'same', ...fast])));
  expect(created.map((one) => one.exitCode).toSorted()).toEqual([0, 1, 1, 1]);
  const results = await Promise.all([
    ...Array.from({ length: 3 }, () => runBothy(home, ['start', 'same'])),
    ...Array.from({ length: 3 }, () => runBothy(home, ['list', '--json'])),
  ]);
  const starts = results.slice(0, 3).map((one) => one.exitCode);
  expect(starts.filter((code) => code === 0)).toHaveLength(1);
  expect(starts.filter((code) => code === 4)).toHaveLength(2);
  for (const list of results.slice(3)) expect(JSON.parse(list.stdout)).toHaveLength(1);
  expect((await runBothy(home, ['kill', 'same'])).exitCode).toBe(0);
});
