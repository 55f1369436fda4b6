import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWindow } from '../../../server/open-window.ts';
import { useTestHome } from '../../kit/test-home.ts';

const url = 'http://127.0.0.1:1/enter?key=k';

test('a Chromium opens it as a window of its own, with a profile of its own', async () => {
  const { environment, run, argumentsOf } = useBrowsers({ chromium: 'exit 0', 'xdg-open': 'exit 0' });
  expect(await run(url)).toBe('chromium');
  expect(argumentsOf('chromium')).toEqual(
    expect.arrayContaining([
      `--app=${url}`,
      `--user-data-dir=${environment['BOTHY_HOME']}/cache/window-profile`,
      '--no-first-run',
      '--disable-background-networking',
    ]),
  );
});

test('only root goes without the sandbox, and is told so', async () => {
  const { run, argumentsOf, notes } = useBrowsers({ chromium: 'exit 0' });
  await run(url);
  const isRoot = process.getuid?.() === 0;
  expect(argumentsOf('chromium').includes('--no-sandbox')).toBe(isRoot);
  expect(notes).toHaveLength(isRoot ? 1 : 0);
});

test('a Chromium that keeps running counts as opened', async () => {
  const { run } = useBrowsers({ 'google-chrome': 'exec sleep 2' });
  expect(await run(url)).toBe('chromium');
});

test('a Chromium that fails leaves it to the default browser', async () => {
  const { run, argumentsOf } = useBrowsers({ chromium: 'exit 1', 'xdg-open': 'exit 0' });
  expect(await run(url)).toBe('browser');
  expect(argumentsOf('xdg-open')).toEqual([url]);
});

test('with no browser, or none that works, the person opens the printed address', async () => {
  expect(await useBrowsers({}).run(url)).toBe('printed');
  expect(await useBrowsers({ chromium: 'exit 1', 'xdg-open': 'exit 3' }).run(url)).toBe('printed');
});

test('without a screen nothing is tried', async () => {
  const { environment } = useBrowsers({ chromium: 'exit 0' });
  const withoutScreen = { ...environment, DISPLAY: undefined, WAYLAND_DISPLAY: undefined };
  expect(await openWindow(url, withoutScreen, () => {})).toBe('printed');
});

/** Programs of these names and shell code, which first write down their arguments. */
function useBrowsers(programs: Record<string, string>) {
  const home = useTestHome();
  for (const [name, code] of Object.entries(programs)) {
    const path = join(home.scratch, name);
    writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > "${path}.arguments"\nPATH=/usr/bin:/bin\n${code}\n`);
    chmodSync(path, 0o755);
  }
  const notes: string[] = [];
  const environment = { ...home.environment, PATH: home.scratch, DISPLAY: ':1' } as Record<string, string | undefined>;
  return {
    environment,
    notes,
    run: (address: string) => openWindow(address, environment, (line) => notes.push(line)),
    argumentsOf: (name: string) =>
      readFileSync(join(home.scratch, `${name}.arguments`), 'utf8')
        .trim()
        .split('\n'),
  };
}
