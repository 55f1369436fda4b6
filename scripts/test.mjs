// `npm test`: sets the checkout up, then runs the quick checks and every kind of test, and ends with the numbers. Arguments go to
// vitest: `npm test -- --project unit`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStep } from './set-up/run-step.mjs';
import { runCommand, setUp } from './set-up/set-up.mjs';
import { rootFolder } from './source-files.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number, seconds: number }} Counts */

const projects = ['unit', 'golden', 'integration', 'e2e', 'electron'];

await runCommand(async () => {
  const args = process.argv.slice(3);
  await setUp({ isForTests: true });
  const startedAt = performance.now();
  const [checks, guests] = await Promise.all([
    runStep([process.execPath, join(rootFolder, 'scripts/check.mjs')], { isQuiet: true }),
    // Made before the tests, so that none of them waits for a download; a test whose guest is missing says so itself.
    runStep([process.execPath, 'scripts/run-ts.mjs', 'test/guests/build.ts', '--short'], { isQuiet: true }),
  ]);
  console.log(`Quick checks\n${checks.output}`);
  if (guests.code !== 0) console.log(`The test guests could not be made:\n${guests.output}`);

  const { code, counts } = await runVitest(args);
  counts['checks'] = countChecks(checks.output, checks.code);
  const total = sum(Object.values(counts));
  if (code !== 0 && total.failed === 0) total.failed = 1;
  console.log(`\nSummary, ${Math.round((performance.now() - startedAt) / 1000)} s`);
  for (const name of [
    'checks',
    ...projects,
    ...Object.keys(counts).filter((key) => key !== 'checks' && !projects.includes(key)),
  ]) {
    const { passed, failed, skipped } = counts[name] ?? { passed: 0, failed: 0, skipped: 0 };
    console.log(
      `  ${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${String(skipped).padStart(4)} skipped`,
    );
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed > 0 ? 1 : 0;
});

/** @param {string[]} args @returns {Promise<{ code: number, counts: Record<string, Counts> }>} */
async function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'bothy-summary-'));
  const file = join(folder, 'summary.json');
  try {
    const chosen = args.includes('--project') ? [] : projects.flatMap((name) => ['--project', name]);
    const vitest = [join(rootFolder, 'node_modules/.bin/vitest'), 'run', ...chosen, ...args];
    const { code } = await runStep(vitest, { env: { BOTHY_TEST_SUMMARY: file } });
    return { code, counts: JSON.parse(readFileSync(file, 'utf8')).projects };
  } catch {
    return { code: 1, counts: {} };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} output @param {number} code @returns {Counts} */
function countChecks(output, code) {
  const passed = output.match(/^ok {5}/gm)?.length ?? 0;
  const failed = output.match(/^FAILED /gm)?.length ?? 0;
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: 0, seconds: 0 };
}

/** @param {Counts[]} list @returns {Counts} */
function sum(list) {
  const total = { passed: 0, failed: 0, skipped: 0, seconds: 0 };
  for (const counts of list)
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped', 'seconds'])) total[key] += counts[key];
  return total;
}
