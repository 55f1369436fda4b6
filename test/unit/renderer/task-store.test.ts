import { describe, expect, it } from 'vitest';
import type { Task } from '../../../contract/task.ts';
import { applyTaskEvent, dismissTask, emptyTaskState } from '../../../renderer/state/task-store.ts';

const describeTask = (id: string, state: Task['state']): Task => ({
  id,
  title: 'Create machine',
  machineId: null,
  state,
  progress: null,
  step: '',
  startedAt: `2026-01-01T00:00:0${id}Z`,
  endedAt: null,
  error: null,
});

describe('the task store', () => {
  it('takes running tasks from a snapshot, and failures of tasks it knew', () => {
    const first = applyTaskEvent(emptyTaskState, {
      type: 'snapshot',
      sequence: 0,
      machines: [],
      tasks: [describeTask('3', 'running'), describeTask('2', 'done'), describeTask('1', 'failed')],
    });
    expect(first.tasks.map(({ id }) => id)).toEqual(['3']);
    const afterLoss = applyTaskEvent(first, {
      type: 'snapshot',
      sequence: 0,
      machines: [],
      tasks: [describeTask('3', 'failed'), describeTask('4', 'running'), describeTask('1', 'failed')],
    });
    expect(afterLoss.tasks.map(({ id, state }) => `${id} ${state}`)).toEqual(['3 failed', '4 running']);
  });

  it('keeps a task dismissed, whatever comes later', () => {
    const running = applyTaskEvent(emptyTaskState, { type: 'task', sequence: 1, task: describeTask('1', 'failed') });
    const dismissed = dismissTask(running, '1');
    expect(dismissed.tasks).toEqual([]);
    expect(applyTaskEvent(dismissed, { type: 'task', sequence: 2, task: describeTask('1', 'failed') })).toBe(dismissed);
  });

  it('replaces a task by its next state', () => {
    const running = applyTaskEvent(emptyTaskState, { type: 'task', sequence: 1, task: describeTask('1', 'running') });
    const done = applyTaskEvent(running, { type: 'task', sequence: 2, task: describeTask('1', 'done') });
    expect(done.tasks.map(({ state }) => state)).toEqual(['done']);
  });
});
