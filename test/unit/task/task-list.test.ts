import { expect, test } from 'vitest';
import { createTaskList } from '../../../core/task/task-list.ts';

test('whenIdle waits for the tasks there are and for those they lead to', async () => {
  const tasks = createTaskList();
  const ended: string[] = [];
  let finishFirst: () => void = () => {};
  const first = tasks.run(
    'first',
    null,
    {},
    () =>
      new Promise<void>((resolve) => {
        finishFirst = resolve;
      }),
  );
  const second = first.then(() => tasks.run('second', null, {}, async () => void ended.push('second')));
  const idle = tasks.whenIdle().then(() => ended.push('idle'));
  finishFirst();
  await Promise.all([second, idle]);
  await tasks.whenIdle();
  expect(ended).toContain('second');
  expect(tasks.list().every(({ state }) => state === 'done')).toBe(true);
});

test('a cancelled task ends its work, which is listed with the error it ended with', async () => {
  const tasks = createTaskList();
  const waiting = tasks.run(
    'long',
    null,
    {},
    ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
  );
  const [task] = tasks.list();
  tasks.cancel(task?.id ?? '');
  await expect(waiting).rejects.toThrow('stopped');
  expect(tasks.list()).toMatchObject([{ state: 'failed', error: { code: 'internal' } }]);
});
