import { createTestHome } from '../kit/test-home.ts';
import { benchClones } from './clones.ts';
import { benchCommandLine } from './command-line.ts';
import { benchConsole } from './console.ts';
import { benchFork } from './fork.ts';
import { benchIdle } from './idle.ts';
import { benchSnapshots } from './snapshots.ts';
import { benchThrowawayBoot, benchThrowawayBootDebian } from './throwaway-boot.ts';
import { benchThrowawayCrowd } from './throwaway-crowd.ts';
import { benchThrowawayRun } from './throwaway-run.ts';

const benches = {
  'command-line': benchCommandLine,
  console: benchConsole,
  idle: benchIdle,
  clones: benchClones,
  snapshots: benchSnapshots,
  'throwaway-run': benchThrowawayRun,
  'throwaway-boot': benchThrowawayBoot,
  'throwaway-boot-debian': benchThrowawayBootDebian,
  'throwaway-crowd': benchThrowawayCrowd,
  fork: benchFork,
};

/** `npm run bench [NAME...]`: ratios of things measured in turns in this one run; absolute times are only for orientation. */
const wanted = process.argv.slice(2);
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const home = createTestHome();
  try {
    await bench(home);
  } catch (error) {
    // What it leaves behind is told too, and is not the reason.
    console.error(error);
    throw error;
  } finally {
    await home.dispose();
  }
}
