import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { SummaryReporter } from './test/kit/summary-reporter.ts';

const cores = availableParallelism();

/** The projects in the order they run; a project starts when the one before has ended. */
export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    passWithNoTests: true,
    projects: [
      // Pure functions share a process.
      describeProject('unit', 0, { workers: cores, timeoutMs: 10_000, isolate: false }),
      describeProject('golden', 1, { workers: cores, timeoutMs: 10_000, isolate: false }),
      // Every emulated CPU of a guest wants a core of the host.
      describeProject('integration', 2, { workers: cores, timeoutMs: 90_000 }),
      describeProject('e2e', 3, { workers: cores, timeoutMs: 180_000 }),
      describeProject('electron', 4, { workers: 1, timeoutMs: 120_000 }),
      describeProject('long', 5, { workers: 1, timeoutMs: 3_600_000 }),
    ],
  },
});

function describeProject(
  name: string,
  groupOrder: number,
  { workers, timeoutMs, isolate = true }: { workers: number; timeoutMs: number; isolate?: boolean },
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.{ts,tsx}`],
      pool: 'forks',
      maxWorkers: workers,
      sequence: { groupOrder },
      isolate,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  };
}
