import { join } from 'node:path';
import { rootFolder } from '../source-files.mjs';
import { isBuilt } from './build-state.mjs';
import { ensureHostTools } from './host-tools.mjs';
import { arePackagesInstalled, installPackages } from './npm-packages.mjs';
import { runStep, withSetUpLock } from './run-step.mjs';
import { SetUpError } from './set-up-error.mjs';

/** Makes the checkout ready to run, doing only what is missing or stale. @param {{ isForTests: boolean }} options */
export async function setUp({ isForTests }) {
  await ensureHostTools({ isForTests });
  if (arePackagesInstalled() && isBuilt()) return;
  await withSetUpLock(async () => {
    if (!arePackagesInstalled()) await installPackages();
    if (!isBuilt()) await build();
  });
}

async function build() {
  console.log('Building ...');
  const { code } = await runStep([process.execPath, join(rootFolder, 'scripts/build.mjs')]);
  if (code !== 0) throw new SetUpError('The build failed; what it said is above.');
}

/** Runs a command that begins with the set-up; its trouble is told without a stack. @param {() => Promise<number>} command */
export async function runCommand(command) {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
