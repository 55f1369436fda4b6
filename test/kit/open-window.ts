import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { MachineInfo, MachineSummary } from '../../contract/machine.ts';
import { runBothy, runBothyJson } from './run-bothy.ts';
import { keepScreenshot } from './save-screenshot.ts';
import { createTestHome, type TestHome } from './test-home.ts';
import { waitUntil } from './wait-until.ts';
import { openWebFace, type WebFace } from './web-face.ts';

/** The window as a person has it, and the other ways to look at the same machines. */
export interface TestWindow {
  readonly page: Page;
  readonly face: WebFace;
  readonly home: TestHome;
  /** Runs a command of the built command line, and gives its JSON document. */
  bothy(...args: string[]): Promise<unknown>;
  info(machine: string): Promise<MachineInfo>;
  /** Opens the same window once more, in the same browser. */
  openPage(): Promise<Page>;
}

/**
 * Opens the window that a `bothy serve` of its own serves, in a home of its own. When the running test has finished every
 * machine is forced off, and all that is left is reported. What the page complained about fails the test too.
 */
export async function openWindow(browser: Browser, options: BrowserContextOptions = {}): Promise<TestWindow> {
  const home = createTestHome();
  onTestFinished(() => home.dispose());
  onTestFinished(() => forceAllOff(home));
  const face = await openWebFace(home.environment);
  onTestFinished(() => face.close());
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(String(error.error().stack ?? error.error())));
  onTestFinished(async () => {
    await context.close();
    if (complaints.length > 0) throw new Error(`the page threw:\n${complaints.join('\n')}`);
  });
  context.setDefaultTimeout(15_000);
  const openPage = async () => {
    const page = await context.newPage();
    await page.goto(face.url);
    await page.getByTestId('machine-count').waitFor();
    return page;
  };
  const bothy = (...args: string[]) => runBothyJson(home, args);
  // Registered last, so that it looks before anything is closed.
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const [index, page] of context.pages().entries())
      await keepScreenshot(page, `failed-${task.name.slice(0, 60).replaceAll(/\W+/g, '-')}-${index}`).catch(() => undefined);
  });
  return {
    page: await openPage(),
    face,
    home,
    bothy,
    info: async (machine) => (await bothy('info', machine)) as MachineInfo,
    openPage,
  };
}

/** Waits until the command line says that a machine is in a state, and gives what it says. */
export function waitForState(window: TestWindow, machine: string, state: MachineSummary['state']): Promise<MachineInfo> {
  return waitUntil(
    `${machine} to be ${state}`,
    async () => {
      const info = await window.info(machine);
      return info.state === state ? info : undefined;
    },
    { intervalMs: 200, timeoutMs: 30_000 },
  );
}

async function forceAllOff(home: TestHome): Promise<void> {
  const machines = (await runBothyJson(home, ['list'])) as MachineSummary[];
  const on = machines.filter(({ state }) => !['off', 'broken'].includes(state));
  if (on.length > 0) await runBothy(home, ['kill', ...on.map(({ id }) => id)]);
}
