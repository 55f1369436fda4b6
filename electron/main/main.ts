import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, dialog } from 'electron';
import { errorToData } from '../../contract/app-error.ts';
import type { Core } from '../../core/core.ts';
import { createCore } from '../../core/create-core.ts';
import { bindWindow } from './bind-window.ts';
import { denyPermissions, guardContents } from './guard-contents.ts';
import { openMainWindow } from './main-window.ts';
import { setMenu } from './menu.ts';
import { registerWindowScheme, serveWindow } from './window-scheme.ts';

const buildFolder = join(import.meta.dirname, '../..');
const ownHome = process.env['BOTHY_HOME'];

app.setName('bothy');
if (ownHome !== undefined && ownHome !== '') keepWindowIn(join(ownHome, 'window'));
process.on('unhandledRejection', (error) => process.stderr.write(`bothy: unhandled rejection: ${describe(error)}\n`));

if (app.requestSingleInstanceLock()) {
  app.enableSandbox();
  registerWindowScheme();
  guardContents();
  void app.whenReady().then(start);
} else {
  // The first instance was told by the lock and shows its window.
  app.quit();
}

/** A home of its own has a window of its own, which also makes the instance lock one per home. */
function keepWindowIn(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    app.setPath('userData', folder);
  } catch {
    // The core cannot use such a home either, and says so in words.
  }
}

function start(): void {
  const core = composeCore();
  if (core !== undefined) showWindow(core);
  else app.exit(1);
}

function showWindow(core: Core): void {
  denyPermissions();
  serveWindow(join(buildFolder, 'renderer'));
  bindWindow(core);
  core.keepReady();
  setMenu();
  const open = () =>
    openMainWindow({
      core,
      preloadFile: join(buildFolder, 'electron/preload/preload.cjs'),
      memoryFile: join(app.getPath('userData'), 'window.json'),
    });
  app.on('second-instance', () => focus(BrowserWindow.getAllWindows()[0] ?? open()));
  app.on('window-all-closed', () => void leave(core));
  open();
}

/** Ends this process once what a window asked for is done: a half-made machine helps nobody. A window opened meanwhile stays. */
async function leave(core: Core): Promise<void> {
  await core.whenIdle();
  if (BrowserWindow.getAllWindows().length > 0) return;
  await core.close().finally(() => app.quit());
}

/** Composes the core, or shows why that is not possible. */
function composeCore(): Core | undefined {
  try {
    return createCore({ environment: process.env });
  } catch (error) {
    const { message, hint } = errorToData(error);
    dialog.showErrorBox('Bothy cannot start', hint === undefined ? message : `${message}\n\n${hint}`);
    return undefined;
  }
}

function focus(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
