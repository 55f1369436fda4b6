// `npm start`: sets the checkout up, then opens the window: with Electron where its runtime is or can be had, else as a web page.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fetchElectron, findElectron, findLoadProblem } from './set-up/electron-runtime.mjs';
import { findSandboxProblem } from './set-up/sandbox.mjs';
import { runCommand, setUp } from './set-up/set-up.mjs';
import { rootFolder } from './source-files.mjs';

await runCommand(async () => {
  await setUp({ isForTests: false });
  const args = process.argv.slice(3);
  return hand(await chooseWindow(args));
});

/** The command that opens the window, after one line that says why it is not Electron, if it is not. @param {string[]} args */
async function chooseWindow(args) {
  const web = [process.execPath, join(rootFolder, 'dist/cli/bothy.js'), 'serve', '--open', ...args];
  if (!process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return web;
  const reason = findElectron() === undefined ? await fetchElectron() : undefined;
  const electron = findElectron();
  if (electron === undefined) return explain(`Electron's runtime is not here: ${reason}`, web);
  const loadProblem = await findLoadProblem(electron);
  if (loadProblem !== undefined) return explain(loadProblem, web);
  if (process.getuid?.() === 0) {
    console.log(
      'You are root, and Chromium has no sandbox for root: the window runs without it. Better start Bothy as yourself.',
    );
    return [electron, '--no-sandbox', rootFolder, ...args];
  }
  const problem = findSandboxProblem(electron);
  return problem === undefined ? [electron, rootFolder, ...args] : explain(problem, web);
}

/** @param {string} reason @param {string[]} command */
function explain(reason, command) {
  console.log(`${reason[0]?.toUpperCase()}${reason.slice(1)}. Opening the same window in the browser.`);
  return command;
}

/** Gives the terminal to a program and takes its exit code. @param {string[]} command @returns {Promise<number>} */
function hand([program = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    // The terminal sends Ctrl+C to both; the child decides.
    process.on('SIGINT', () => undefined);
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
