import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/start-server.ts';
import { createStandInCore } from '../fixtures/stand-in-core.ts';
import { shareBrowser } from '../kit/browser.ts';

let folder: string;
let server: RunningServer;
let stranger: Server;
let strangerUrl: string;
let context: BrowserContext;
let page: Page;
let complaints: string[];

const browser = shareBrowser();

beforeAll(async () => {
  folder = await mkdtemp('/tmp/bothy-');
  await mkdir(join(folder, 'assets'));
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><title>page</title><script>document.title = "inline ran"</script><script type="module" src="/assets/page.js"></script>',
  );
  await writeFile(
    join(folder, 'assets/page.js'),
    'const socket = new WebSocket(location.href.replace("http", "ws") + "rpc"); socket.onopen = () => { document.title = "connected"; };',
  );
  server = await startServer({ core: createStandInCore(), rendererFolder: folder });
  stranger = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<a href="${server.url}">open</a>`);
  }).listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  // Another site in the eyes of a browser, unlike another port.
  strangerUrl = `http://localhost:${(stranger.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  stranger.close();
  await server.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  context = await browser().newContext();
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
});
afterEach(() => context.close());

const home = () => `http://127.0.0.1:${server.port}/`;
const isConnected = () => page.waitForFunction(() => document.title === 'connected');

test('the printed address ends at the window, connected, with no key left in the address or behind it', async () => {
  await page.goto(server.url);
  await page.waitForURL(home());
  await isConnected();
  expect(await page.evaluate(() => [document.cookie, document.referrer])).toEqual(['', '']);
  await page.goBack();
  expect(page.url()).toBe('about:blank');
  await page.goForward();
  expect(page.url()).toBe(home());
});

test('a new tab gets in by the cookie, and a reload too', async () => {
  await page.goto(server.url);
  await isConnected();
  page = await context.newPage();
  await page.goto(home());
  await isConnected();
  await page.reload();
  await isConnected();
});

test('the address works from a link on another site', async () => {
  await page.goto(strangerUrl);
  await page.click('a');
  await page.waitForURL(home());
  await isConnected();
});

test('without the key there are words instead of the window', async () => {
  await page.goto(home());
  expect(await page.textContent('h1')).toBe('Not let in');
});

test('scripts in the page do not run, and the browser says why', async () => {
  await page.goto(server.url);
  await isConnected();
  expect(await page.title()).toBe('connected');
  expect(complaints.join('\n')).toMatch(/inline script .*Content Security Policy/);
});

test('another site neither connects, nor embeds, nor reads, though this browser was let in', async () => {
  await page.goto(server.url);
  await isConnected();
  await page.goto(strangerUrl);
  const outcome = await page.evaluate(async (target) => {
    const socket = new Promise((resolve) => {
      const attempt = new WebSocket(`${target.replace('http', 'ws')}rpc`);
      attempt.onopen = () => resolve('open');
      attempt.onclose = () => resolve('refused');
    });
    const read = fetch(target, { credentials: 'include' }).then(
      () => 'read',
      () => 'refused',
    );
    const script = new Promise((resolve) => {
      const element = Object.assign(document.createElement('script'), { src: `${target}assets/page.js` });
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('refused');
      document.body.append(element);
    });
    return await Promise.all([socket, read, script]);
  }, home());
  expect(outcome).toEqual(['refused', 'refused', 'refused']);
  const frame = await page.evaluate(async (target) => {
    const element = document.createElement('iframe');
    element.src = target;
    const loaded = new Promise((resolve) => {
      element.onload = resolve;
    });
    document.body.append(element);
    await loaded;
    return element.contentDocument === null;
  }, home());
  expect(frame).toBe(true);
  expect(page.frames().map((inner) => inner.url())).not.toContain(home());
});

test('another port of this computer does not connect either', async () => {
  await page.goto(server.url);
  await isConnected();
  await page.goto(strangerUrl.replace('localhost', '127.0.0.1'));
  const outcome = await page.evaluate(
    (target) =>
      new Promise((resolve) => {
        const attempt = new WebSocket(`${target.replace('http', 'ws')}rpc`);
        attempt.onopen = () => resolve('open');
        attempt.onclose = () => resolve('refused');
      }),
    home(),
  );
  expect(outcome).toBe('refused');
});
