import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { SummaryReporter } from './test/kit/summary-reporter.ts';

const cores = availableParallelism();

/** The projects by the order of their groups; a group starts when the one before has ended. */
export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    passWithNoTests: true,
    projects: [
      describeProject('unit', 0, { workers: cores, timeoutMs: 10_000 }),
      describeProject('golden', 0, { workers: cores, timeoutMs: 10_000 }),
      // Guests are waited for about a third of the time.
      describeProject('integration', 1, { workers: cores + 1, timeoutMs: 90_000 }),
      // Chromium draws with the CPU, and leaves nothing of it.
      describeProject('e2e', 2, { workers: cores, timeoutMs: 180_000 }),
      describeProject('electron', 2, { workers: cores, timeoutMs: 120_000 }),
      describeProject('long', 3, { workers: 1, timeoutMs: 3_600_000 }),
    ],
  },
});

function describeProject(
  name: string,
  groupOrder: number,
  { workers, timeoutMs }: { workers: number; timeoutMs: number },
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.{ts,tsx}`],
      pool: 'forks',
      maxWorkers: workers,
      sequence: { groupOrder },
      // Files share a process, and what it has loaded; each test has a home of its own.
      isolate: false,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  };
}
