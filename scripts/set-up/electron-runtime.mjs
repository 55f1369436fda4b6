import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { rootFolder } from '../source-files.mjs';
import { runStep } from './run-step.mjs';

const folder = join(rootFolder, 'node_modules/electron');
const unreachableFile = join(rootFolder, '.cache/electron-unreachable');
const reachTimeMs = 4000;
const dayMs = 24 * 60 * 60 * 1000;

/** Electron's program, undefined while its runtime is not there. */
export function findElectron() {
  const own = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const program = join(own ?? join(folder, 'dist'), 'electron');
  return existsSync(program) && (own !== undefined || existsSync(join(folder, 'path.txt'))) ? program : undefined;
}

/**
 * Fetches Electron's runtime, which its npm package does not hold. Whether the place it comes from can be reached is found out
 * within seconds, and remembered for a day when not. Gives the reason when there is no runtime afterwards.
 * @returns {Promise<string | undefined>}
 */
export async function fetchElectron() {
  const version = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  const name = `electron-v${version}-linux-${process.arch}.zip`;
  if (!isInDownloadCache(name)) {
    const url = buildDownloadUrl(version, name);
    const host = new URL(url).host;
    if (isKnownUnreachable(host)) return `${host} could not be reached lately (rm .cache/electron-unreachable tries again)`;
    const reason = await probeDownload(url);
    if (reason !== undefined) {
      mkdirSync(join(rootFolder, '.cache'), { recursive: true });
      writeFileSync(unreachableFile, host);
      return `${host} ${reason}`;
    }
    rmSync(unreachableFile, { force: true });
    console.log(`Fetching Electron's runtime from ${host} (about 100 MB, once) ...`);
  }
  const { code, output } = await runStep([process.execPath, join(folder, 'install.js')], { isQuiet: true });
  if (code === 0 && findElectron() !== undefined) return undefined;
  return `its download failed: ${output.trim().split('\n')[0] ?? ''}`;
}

/**
 * Why Electron's program cannot run here at all, most often a system library that it lacks; undefined when it can.
 * @param {string} program
 * @returns {Promise<string | undefined>}
 */
export async function findLoadProblem(program) {
  const env = { ELECTRON_RUN_AS_NODE: '1' };
  const { code, output } = await runStep([program, '-e', '0'], { isQuiet: true, env });
  return code === 0 ? undefined : `Electron cannot run here: ${output.trim().split('\n')[0] || `exit code ${code}`}`;
}

/** @param {string} version @param {string} name */
function buildDownloadUrl(version, name) {
  const mirror = process.env['ELECTRON_MIRROR'] ?? process.env['npm_config_electron_mirror'];
  const base = mirror ?? 'https://github.com/electron/electron/releases/download/';
  return `${base.endsWith('/') ? base : `${base}/`}v${version}/${name}`;
}

/** @param {string} host */
function isKnownUnreachable(host) {
  try {
    return readFileSync(unreachableFile, 'utf8') === host && Date.now() - statSync(unreachableFile).mtimeMs < dayMs;
  } catch {
    return false;
  }
}

/** Why a download cannot begin; undefined when it can. @param {string} url */
async function probeDownload(url) {
  // Node's fetch knows no proxies, the installer does: it finds out itself.
  if (process.env['ELECTRON_GET_USE_PROXY'] !== undefined) return undefined;
  try {
    const answer = await fetch(url, { method: 'HEAD', redirect: 'follow', signal: AbortSignal.timeout(reachTimeMs) });
    return answer.ok ? undefined : `answered ${answer.status}`;
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    return isTimeout ? `did not answer in ${reachTimeMs / 1000} s` : 'cannot be reached';
  }
}

/** Where @electron/get keeps what it has downloaded before. @param {string} name */
function isInDownloadCache(name) {
  const cache =
    process.env['electron_config_cache'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'electron');
  return existsSync(cache) && readdirSync(cache, { recursive: true, encoding: 'utf8' }).some((path) => path.endsWith(name));
}
