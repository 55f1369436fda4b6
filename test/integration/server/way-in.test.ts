import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startServer } from '../../../server/start-server.ts';
import { createStandInCore } from '../../fixtures/stand-in-core.ts';
import { type ServerFixture, serverStarted } from './server-fixture.ts';

let web: ServerFixture;
beforeAll(async () => {
  web = await serverStarted();
});
afterAll(() => web.close());

test('the printed address lets a browser in and leaves no key in the address', async () => {
  const { pathname, search, hostname } = new URL(web.server.url);
  expect(hostname).toBe('127.0.0.1');
  const entered = await web.get(pathname + search);
  expect(entered.status).toBe(200);
  expect(entered.headers['set-cookie']).toEqual([
    expect.stringMatching(new RegExp(`^bothy-${web.server.port}=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Strict$`)),
  ]);
  expect(entered.headers['cache-control']).toBe('no-store');
  expect(entered.body).toContain('content="0; url=/"');
  expect(entered.body).not.toContain(search);
  const page = await web.get('/', { headers: { cookie: web.cookie } });
  expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>window</title>' });
});

test('the printed address can be opened again, its key is 256 bits and new in every run', async () => {
  const { pathname, search } = new URL(web.server.url);
  expect((await web.get(pathname + search)).status).toBe(200);
  expect(Buffer.from(search.slice('?key='.length), 'base64url')).toHaveLength(32);
  const other = await startServer({ core: createStandInCore(), rendererFolder: '/nowhere' });
  await other.close();
  expect(new URL(other.url).search).not.toBe(search);
});

test('a launch address lets in once', async () => {
  const { pathname, search } = new URL(web.server.buildLaunchUrl());
  expect((await web.get(pathname + search)).status).toBe(200);
  expect((await web.get(pathname + search)).status).toBe(401);
});

test('a launch address lets nobody in after a minute', async () => {
  const { pathname, search } = new URL(web.server.buildLaunchUrl());
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
  try {
    expect((await web.get(pathname + search)).status).toBe(401);
  } finally {
    clock.mockRestore();
  }
});

test.each(['/', '/machines', '/assets/main-1a2b.js', '/enter', '/enter?key=', '/enter?key=wrong', '/rpc', '/console?ticket=x'])(
  'without the key %s tells in words how to get in',
  async (path) => {
    const answer = await web.get(path);
    expect(answer.status).toBe(401);
    expect(answer.body).toContain('Open the address that <code>bothy serve</code> printed');
    expect(answer.headers['set-cookie']).toBeUndefined();
  },
);

test('a cookie of another run or another port is nothing', async () => {
  const [name, value] = web.cookie.split('=');
  for (const cookie of [`${name}=${'a'.repeat(43)}`, `bothy-1=${value}`, `x${name}=${value}`, `${name}=`]) {
    expect((await web.get('/', { headers: { cookie } })).status).toBe(401);
  }
});

test('through ssh -L the browser sees another port, and everything works under that port', async () => {
  const { pathname, search } = new URL(web.server.url);
  const host = 'localhost:4040';
  const entered = await web.get(pathname + search, { headers: { host } });
  const cookie = (entered.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  expect(cookie).toMatch(/^bothy-4040=/);
  expect((await web.get('/', { headers: { host, cookie } })).status).toBe(200);
  const socket = web.connect('/rpc', { host, cookie });
  await new Promise((resolve) => socket.once('open', resolve));
});

test.each([
  'evil.example',
  `evil.example:80`,
  '127.0.0.1.evil.example',
  'localhost.',
  '0.0.0.0',
  '[::1',
  '127.0.0.1:99999999',
  ' ',
])('a request for host %j is refused even with the cookie', async (host) => {
  const answer = await web.get('/', { headers: { host, cookie: web.cookie } });
  expect([400, 403]).toContain(answer.status);
  expect(answer.body).not.toContain('window');
});

test('a request from a page of another site is refused even with the cookie', async () => {
  const answer = await web.get('/', { headers: { cookie: web.cookie, origin: 'http://127.0.0.1:1' } });
  expect(answer.status).toBe(403);
});

test('every answer carries the protecting headers and none allows other sites', async () => {
  for (const path of ['/', '/nothing.js', '/assets/main-1a2b.js', '/enter']) {
    for (const headers of [{ cookie: web.cookie }, {}]) {
      const answer = await web.get(path, { headers });
      expect(answer.headers).toMatchObject({
        'content-security-policy': expect.stringMatching(/default-src 'none'.*script-src 'self';.*frame-ancestors 'none'/),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  }
});
