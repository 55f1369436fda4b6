import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { windowChannels } from '../../contract/window-bridge.ts';
import { createTestHome, type TestHome, useTestHome } from '../kit/test-home.ts';
import { type MainProcess, ownFrame, startMainProcess } from './main-process.ts';

describe('what the main process asks of Electron', () => {
  let home: TestHome;
  let main: MainProcess;
  beforeAll(async () => {
    home = createTestHome();
    main = startMainProcess(home);
    await main.waitFor('window.show');
  });
  afterAll(async () => {
    await main.stop();
    await home.dispose();
  });

  test('a window without Node, isolated and sandboxed, with the preload script alone', () => {
    const options = main.find('BrowserWindow')?.detail as { webPreferences: unknown } | undefined;
    expect(options?.webPreferences).toEqual({
      preload: expect.stringMatching(/dist\/electron\/preload\/preload\.cjs$/),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      spellcheck: false,
      backgroundThrottling: false,
    });
    expect(main.find('app.enableSandbox')?.detail).toEqual({ isReady: false });
    expect(main.find('window.loadURL')?.detail).toBe('bothy://app/');
  });

  test('its own scheme, declared before Electron is ready', () => {
    expect(main.find('protocol.registerSchemesAsPrivileged')?.detail).toEqual({
      isReady: false,
      schemes: [{ scheme: 'bothy', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }],
    });
  });

  test('the window alone is served, with a strict policy', async () => {
    expect(await main.happen('fetch', { url: 'bothy://app/', method: 'GET' })).toMatchObject({
      status: 200,
      body: expect.stringContaining('<div id="root">'),
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/),
        'x-content-type-options': 'nosniff',
      },
    });
    expect(await main.happen('fetch', { url: 'bothy://app/', method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  test.each([
    ['GET', 'bothy://other/'],
    ['GET', 'bothy://app/../electron/main/main.js'],
    ['GET', 'bothy://app/%2e%2e/electron/main/main.js'],
    ['GET', 'bothy://app/..%2felectron%2fmain%2fmain.js'],
    ['GET', 'bothy://app/assets/missing.js'],
    ['POST', 'bothy://app/'],
  ])('%s %s gives nothing', async (method, url) => {
    expect(await main.happen('fetch', { url, method })).toMatchObject({ status: 404, body: 'Not found' });
  });

  test.each([
    'https://example.org/',
    'file:///etc/passwd',
    'bothy://other/',
    'bothy://app.evil/',
    'javascript:1',
    'data:text/html,x',
  ])('no navigation to %s', async (url) => {
    expect(await main.happen('contentsEvent', { name: 'will-navigate', url })).toBe(true);
    expect(await main.happen('contentsEvent', { name: 'will-frame-navigate', url })).toBe(true);
    expect(await main.happen('openWindow', { url })).toEqual({ action: 'deny' });
  });

  test('no redirects and no embedded pages', async () => {
    expect(await main.happen('contentsEvent', { name: 'will-redirect', url: 'bothy://app/' })).toBe(true);
    expect(await main.happen('contentsEvent', { name: 'will-attach-webview', url: 'bothy://app/' })).toBe(true);
  });

  test('web links go to the system browser, other links nowhere', async () => {
    const before = main.asked.length;
    for (const url of ['https://example.org/a', 'http://example.org/b', 'file:///etc/passwd', 'smb://x/', 'nonsense'])
      await main.happen('openWindow', { url });
    const opened = main.asked.slice(before).filter(({ what }) => what === 'shell.openExternal');
    expect(opened.map(({ detail }) => detail)).toEqual(['https://example.org/a', 'http://example.org/b']);
  });

  test.each(['media', 'geolocation', 'notifications', 'clipboard-read', 'usb', 'openExternal', 'fullscreen'])(
    'the permission %s is denied',
    async (permission) => {
      expect(await main.happen('permission', { permission, origin: 'bothy://app' })).toEqual({
        request: false,
        check: false,
        device: false,
      });
    },
  );

  test('the window may write to the clipboard, nobody else may', async () => {
    const permission = 'clipboard-sanitized-write';
    expect(await main.happen('permission', { permission, origin: 'bothy://app' })).toMatchObject({ request: true, check: true });
    for (const origin of ['https://example.org', 'about:blank', 'bothy://other/', 'bothy://app.evil/', '']) {
      expect(await main.happen('permission', { permission, origin })).toMatchObject({ request: false, check: false });
    }
  });

  test.each([
    ['another origin', { url: 'https://example.org/', origin: 'https://example.org', parent: null }],
    ['another host of our scheme', { url: 'bothy://other/', origin: 'bothy://other', parent: null }],
    ['a look-alike', { url: 'bothy://app.evil/', origin: 'bothy://app.evil', parent: null }],
    ['an inner frame', { ...ownFrame, parent: {} }],
    ['a sandboxed frame', { ...ownFrame, origin: 'null' }],
    ['a frame that is gone', null],
  ])('%s is refused loudly', async (_who, frame) => {
    for (const [channel, args] of [
      [windowChannels.connect, ['1']],
      [windowChannels.openConsole, ['ticket', '1']],
    ]) {
      await expect(main.happen('invoke', { channel, args, frame })).rejects.toThrow('Bothy does not answer to');
    }
    await expect.poll(() => main.printed()).toContain('bothy: refused a call from');
  });

  test('only the two verbs can be called', () => {
    expect(main.asked.filter(({ what }) => what === 'ipcMain.handle').map(({ detail }) => detail)).toEqual([
      windowChannels.connect,
      windowChannels.openConsole,
    ]);
  });

  test('a page whose process died is loaded again, once', async () => {
    const before = main.asked.length;
    for (const reason of ['clean-exit', 'crashed', 'oom']) await main.happen('pageDies', { reason });
    expect(main.asked.slice(before).map(({ what }) => what)).toEqual(['window.reload']);
  });

  test('a second start shows the window of the first', async () => {
    const before = main.asked.length;
    await main.happen('appEvent', { name: 'second-instance' });
    expect(main.asked.slice(before).map(({ what }) => what)).toEqual(['window.show', 'window.focus']);
  });
});

test('a second instance opens nothing and ends', async () => {
  const main = startMainProcess({ environment: useTestHome().environment, isFirstInstance: false });
  await main.waitFor('app.quit');
  expect(main.asked.map(({ what }) => what)).toEqual(['app.setName', 'app.setPath', 'app.requestSingleInstanceLock', 'app.quit']);
  await main.stop();
});

test('a home that cannot be used is told in a dialog', async () => {
  const home = useTestHome();
  const file = join(home.scratch, 'file');
  writeFileSync(file, '');
  const main = startMainProcess({ environment: { ...home.environment, BOTHY_HOME: file } });
  expect(await main.waitFor('dialog.showErrorBox')).toEqual(['Bothy cannot start', expect.stringContaining(file)]);
  expect(await main.waitFor('app.exit')).toBe(1);
  await main.stop();
});

test('the window remembers its place, and closes without a word when no machine runs', async () => {
  const home = useTestHome();
  const main = startMainProcess(home);
  await main.waitFor('window.show');
  expect(main.find('window.maximize')).toBeUndefined();
  expect(await main.happen('closeWindow')).toBe(true);
  await main.waitFor('app.quit');
  expect(main.find('dialog.showMessageBox')).toBeUndefined();
  await main.stop();
  expect(JSON.parse(readFileSync(join(home.folder, 'window/window.json'), 'utf8'))).toEqual({
    bounds: { x: 10, y: 20, width: 900, height: 700 },
    isMaximized: true,
    isFarewellSaid: false,
  });
  const again = startMainProcess(home);
  await again.waitFor('window.maximize');
  expect(again.find('BrowserWindow')?.detail).toMatchObject({ x: 10, y: 20, width: 900, height: 700 });
  await again.stop();
});

test.each([
  '',
  '{',
  '{"bounds":{"x":1}}',
  '{"bounds":{"x":9999,"y":0,"width":900,"height":700},"isMaximized":false,"isFarewellSaid":false}',
])('a remembered place that is no use (%s) is forgotten', async (text) => {
  const home = useTestHome();
  const first = startMainProcess(home);
  await first.waitFor('window.show');
  await first.happen('closeWindow');
  await first.waitFor('app.quit');
  await first.stop();
  writeFileSync(join(home.folder, 'window/window.json'), text);
  const main = startMainProcess(home);
  await main.waitFor('window.show');
  expect(main.find('BrowserWindow')?.detail).toMatchObject({ width: 1200, height: 800 });
  await main.stop();
});
