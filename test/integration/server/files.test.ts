import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServerFixture, serverStarted } from './server-fixture.ts';

let web: ServerFixture;
beforeAll(async () => {
  web = await serverStarted();
});
afterAll(() => web.close());

const get = (path: string, method = 'GET') => web.get(path, { method, headers: { cookie: web.cookie } });

test('hashed assets may be kept, the index may not', async () => {
  const asset = await get('/assets/main-1a2b.js');
  expect(asset).toMatchObject({ status: 200, body: 'console.log(1)' });
  expect(asset.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'private, max-age=31536000, immutable',
  });
  expect((await get('/index.html')).headers['cache-control']).toBe('no-store');
});

test('a route of the window gives the index', async () => {
  expect(await get('/machines/abc?tab=console')).toMatchObject({ status: 200, body: expect.stringContaining('<title>window') });
});

test('HEAD gives the headers alone', async () => {
  const answer = await get('/assets/main-1a2b.js', 'HEAD');
  expect(answer).toMatchObject({ status: 200, body: '' });
  expect(answer.headers['content-length']).toBe('14');
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is not allowed', async (method) => {
  const answer = await get('/', method);
  expect(answer.status).toBe(405);
  expect(answer.headers['allow']).toBe('GET, HEAD');
});

test.each([
  '/../outside.json',
  '/assets/../../outside.json',
  '/..%2foutside.json',
  '/%2e%2e/outside.json',
  '/%2e%2e%2foutside.json',
  '/..\\outside.json',
  '/..%5coutside.json',
  '/%252e%252e/outside.json',
  '//outside.json',
  '/assets//main-1a2b.js',
  '/./index.html',
  '/link.json',
  '/up/outside.json',
  '/up/renderer/assets/main-1a2b.js/../../../outside.json',
  '/.env.json',
  '/index.html%00.js',
  '/%ff.js',
  '/%',
  '/etc/passwd.txt',
  '/missing.js',
  '/assets/unknown.xyz',
])('%s gives nothing', async (path) => {
  const answer = await get(path);
  expect(answer.status).toBe(404);
  expect(answer.body).not.toMatch(/outside|hidden|console\.log/);
});

test('an absolute URL in the request line is no way around', async () => {
  const answer = await get(`http://127.0.0.1:${web.server.port}/../outside.json`);
  expect(answer.status).toBe(404);
});
