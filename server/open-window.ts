import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, findProgram } from '../core/host/find-program.ts';
import { spawnDetached } from '../core/process/spawn-detached.ts';
import { resolveHomes } from '../core/storage/homes.ts';

/** How a window was opened; `printed` means nothing could, and the person opens the printed address. */
export type OpenedWith = 'chromium' | 'browser' | 'printed';

/** Opens an address of the web mode: as a window of its own where a Chromium is, else in the default browser. */
export async function openWindow(
  url: string,
  environment: Environment,
  note: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Promise<OpenedWith> {
  if (!hasScreen(environment)) return 'printed';
  const chromium = chromiumNames.map((name) => findProgram(name, environment)).find((path) => path !== undefined);
  if (chromium !== undefined && (await starts(buildChromiumArguments(chromium, url, environment, note)))) return 'chromium';
  const opener = findProgram('xdg-open', environment);
  if (opener !== undefined && (await starts([opener, url]))) return 'browser';
  return 'printed';
}

const chromiumNames = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
];

function hasScreen(environment: Environment): boolean {
  return Boolean(environment['WAYLAND_DISPLAY'] || environment['DISPLAY']);
}

function buildChromiumArguments(
  program: string,
  url: string,
  environment: Environment,
  note: (line: string) => void,
): readonly string[] {
  const profile = join(resolveHomes(environment).cache, 'window-profile');
  mkdirSync(profile, { recursive: true, mode: 0o700 });
  const isRoot = process.getuid?.() === 0;
  if (isRoot) note('bothy: you are root, so Chromium must run without its sandbox. Better run bothy as yourself.');
  return [
    program,
    `--app=${url}`,
    `--user-data-dir=${profile}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--class=bothy',
    ...(isRoot ? ['--no-sandbox'] : []),
  ];
}

/** Whether the program is still there after a moment, or has ended well because it handed over to another process. */
async function starts(argv: readonly string[]): Promise<boolean> {
  const nothing = openSync('/dev/null', 'r+');
  try {
    const { ended } = spawnDetached(argv, [nothing, nothing, nothing]);
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), failureTimeMs);
      void ended.then(({ exitCode }) => {
        clearTimeout(timer);
        resolve(exitCode === 0);
      });
    });
  } catch {
    return false;
  } finally {
    closeSync(nothing);
  }
}

/** A browser that cannot reach its screen gives up within this time. */
const failureTimeMs = 1500;
