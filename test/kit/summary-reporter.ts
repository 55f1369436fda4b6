import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** What a run came to, per project; `npm test` reads it from the file BOTHY_TEST_SUMMARY names. */
export interface TestSummary {
  readonly projects: Record<string, { passed: number; failed: number; skipped: number; seconds: number }>;
}

/** Names every skipped test with its reason at the end of a run; a skip without a reason fails the run. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const summary: TestSummary = { projects: {} };
    const skipped: { name: string; reason: string | undefined }[] = [];
    for (const module of modules) {
      const project = module.project.name;
      summary.projects[project] ??= { passed: 0, failed: 0, skipped: 0, seconds: 0 };
      const counts = summary.projects[project];
      counts.seconds += module.diagnostic().duration / 1000;
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') counts.passed += 1;
        else if (result.state === 'skipped') {
          // With a name filter, what was not asked for counts as skipped too.
          if (module.project.config.testNamePattern !== undefined && result.note === undefined) continue;
          counts.skipped += 1;
          skipped.push({ name: `${project}: ${module.relativeModuleId} > ${test.fullName}`, reason: result.note });
        } else counts.failed += 1;
      }
    }
    if (unhandledErrors.length > 0) summary.projects['(outside tests)'] = { passed: 0, failed: 1, skipped: 0, seconds: 0 };
    if (skipped.length > 0)
      console.log(`\nSkipped:\n${skipped.map(({ name, reason }) => `  ${name}: ${reason ?? 'NO REASON GIVEN'}`).join('\n')}`);
    if (skipped.some(({ reason }) => reason === undefined)) {
      console.error('A skipped test must give its reason: context.skip(reason).');
      process.exitCode = 1;
    }
    const file = process.env['BOTHY_TEST_SUMMARY'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
  }
}
