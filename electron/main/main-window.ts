import { BrowserWindow, dialog, screen } from 'electron';
import type { Core } from '../../core/core.ts';
import { settleThrowaways } from './settle-throwaways.ts';
import { readWindowMemory, type WindowMemory, writeWindowMemory } from './window-memory.ts';
import { windowOrigin } from './window-scheme.ts';

/** What the window is made with. */
export interface MainWindowOptions {
  readonly core: Pick<Core, 'handlers'>;
  readonly preloadFile: string;
  readonly memoryFile: string;
}

/** Opens the window where it was last time. Closing it leaves machines running, and says so the first time; throwaways end with it, or are kept. */
export function openMainWindow(options: MainWindowOptions): BrowserWindow {
  const memory = readWindowMemory(options.memoryFile);
  const window = new BrowserWindow({
    title: 'Bothy',
    ...findBounds(memory),
    minWidth: 640,
    minHeight: 480,
    show: false,
    autoHideMenuBar: true,
    webPreferences: {
      preload: options.preloadFile,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      spellcheck: false,
      // A console keeps drawing while another window covers it.
      backgroundThrottling: false,
    },
  });
  if (memory.isMaximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  reloadAfterCrash(window);
  let isLeaving = false;
  window.on('close', (event) => {
    event.preventDefault();
    if (isLeaving) return;
    isLeaving = true;
    leave(window, options, memory).then(
      (mayClose) => {
        if (mayClose) window.destroy();
        else isLeaving = false;
      },
      () => window.destroy(),
    );
  });
  void window.loadURL(`${windowOrigin}/`);
  return window;
}

/** The remembered place if a part of it that can be grabbed is on a screen, else a size that suits most. */
function findBounds({ bounds }: WindowMemory): Electron.BrowserWindowConstructorOptions {
  const isVisible =
    bounds !== null &&
    screen.getAllDisplays().some(({ workArea }) => {
      const overlapX = Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
      return overlapX >= 100 && bounds.y >= workArea.y && bounds.y < workArea.y + workArea.height - 50;
    });
  return isVisible ? bounds : { width: 1200, height: 800 };
}

/** A page whose process died comes back by itself, unless it dies again and again. */
function reloadAfterCrash(window: BrowserWindow): void {
  let lastReload = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || performance.now() - lastReload < 10_000) return;
    lastReload = performance.now();
    process.stderr.write(`bothy: the page's process ended (${reason}); it is loaded again\n`);
    window.reload();
  });
}

/** Whether the window may close. */
async function leave(window: BrowserWindow, { core, memoryFile }: MainWindowOptions, memory: WindowMemory): Promise<boolean> {
  if (!(await settleThrowaways(window, core))) return false;
  const now: WindowMemory = {
    bounds: window.getNormalBounds(),
    isMaximized: window.isMaximized(),
    isFarewellSaid: memory.isFarewellSaid || (await sayFarewell(window, core)),
  };
  writeWindowMemory(memoryFile, now);
  return true;
}

/** Tells once that machines go on; says nothing when none does. */
async function sayFarewell(window: BrowserWindow, core: Pick<Core, 'handlers'>): Promise<boolean> {
  const machines = await core.handlers.machine.list({}, {}).catch(() => []);
  const names = machines
    .filter(({ state }) => state === 'running' || state === 'paused' || state === 'starting')
    .map(({ name }) => name);
  if (names.length === 0) return false;
  await dialog.showMessageBox(window, {
    type: 'info',
    message: names.length === 1 ? `“${names[0]}” keeps running` : `${names.length} machines keep running`,
    detail: 'Closing the window does not stop machines. Open Bothy again to see them, or run “bothy list”. This is said once.',
    buttons: ['OK'],
  });
  return true;
}
