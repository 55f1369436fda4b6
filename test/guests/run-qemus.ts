import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../kit/require-tool.ts';
import type { TestSummary } from '../kit/summary-reporter.ts';
import { getBackportedQemu, type QemuPrograms, readQemuVersion } from './backported-qemu.ts';

// Runs the integration tests once with the installed QEMU and once with that of the backports; arguments go to vitest.
const installed = { qemu: findTool('qemu-system-x86_64'), qemuImg: findTool('qemu-img') };
if (installed.qemu === undefined || installed.qemuImg === undefined) throw new Error('QEMU is not installed');

const rows: string[] = [];
for (const programs of [{ qemu: installed.qemu, qemuImg: installed.qemuImg }, await getBackportedQemu()]) {
  const version = await readQemuVersion(programs.qemu);
  console.log(`\nQEMU ${version} (${programs.qemu})`);
  const { isPassed, passed, failed, skipped } = runIntegration(programs);
  if (!isPassed) process.exitCode = 1;
  rows.push(`${version.padEnd(10)} ${String(passed).padStart(6)} ${String(failed).padStart(6)} ${String(skipped).padStart(7)}`);
}
console.log(`\nQEMU       passed failed skipped\n${rows.join('\n')}`);

function runIntegration(programs: QemuPrograms): { isPassed: boolean; passed: number; failed: number; skipped: number } {
  const folder = mkdtempSync(join(tmpdir(), 'bothy-qemus-'));
  const summaryFile = join(folder, 'summary.json');
  const environment = { BOTHY_QEMU: programs.qemu, BOTHY_QEMU_IMG: programs.qemuImg, BOTHY_TEST_SUMMARY: summaryFile };
  try {
    const { status } = spawnSync('node_modules/.bin/vitest', ['run', '--project', 'integration', ...process.argv.slice(2)], {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    const summary = JSON.parse(readFileSync(summaryFile, 'utf8')) as TestSummary;
    const counts = Object.values(summary.projects);
    const sum = (key: 'passed' | 'failed' | 'skipped') => counts.reduce((total, count) => total + count[key], 0);
    return { isPassed: status === 0, passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
