import { expect, test } from 'vitest';
import { findCpuProblem } from '../../../core/machine/judge-cpu.ts';

test.each([
  ['a healthy guest that computes', { userSeconds: 20, systemSeconds: 2 }, 30, undefined],
  ['a healthy guest that is idle', { userSeconds: 0.4, systemSeconds: 0.3 }, 600, undefined],
  ['a healthy guest busy with its devices', { userSeconds: 1, systemSeconds: 9 }, 12, undefined],
  ['one that has only just started', { userSeconds: 0, systemSeconds: 0.01 }, 1, undefined],
  ['a host kernel that emulates the CPU', { userSeconds: 0.02, systemSeconds: 4.7 }, 6, 'one by one in software'],
  ['a CPU that never ran', { userSeconds: 0, systemSeconds: 0.02 }, 11, 'hung since the start'],
] as const)('%s', (_name, time, age, expected) => {
  const problem = findCpuProblem(time, age);
  if (expected === undefined) expect(problem).toBeUndefined();
  else
    expect(problem).toMatchObject({
      message: expect.stringContaining(expected),
      hint: expect.stringContaining('accelerator=tcg'),
    });
});
