import { once } from 'node:events';
import { expect, test } from 'vitest';
import { collect } from '../../kit/built-cli.ts';
import { failBothy, runBothyJson, spawnBothy } from '../../kit/run-bothy.ts';
import { useTestHome } from '../../kit/test-home.ts';

test('serve prints its address, answers there, and ends with Ctrl+C; machines go on', async () => {
  const home = useTestHome();
  const options = ['--disk', '0', '--memory', '32M', '--accelerator', 'tcg', '--network', 'none'];
  await runBothyJson(home, ['create', 'demo', ...options, '--start']);
  const child = spawnBothy(home, ['serve', '--json']);
  const ended = collect(child);
  const [document] = (await once(child.stdout, 'data')) as [string];
  const { url, port } = JSON.parse(document) as { url: string; port: number };
  expect(new URL(url)).toMatchObject({ hostname: '127.0.0.1', port: String(port) });
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBeGreaterThanOrEqual(400);
  expect((await fetch(url, { redirect: 'manual' })).status).toBeLessThan(400);
  expect(await failBothy(home, ['serve', '--port', String(port)])).toMatchObject({ error: { code: 'busy' } });
  child.kill('SIGINT');
  expect((await ended).exitCode).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
  expect(await runBothyJson(home, ['kill', 'demo'])).toMatchObject({ state: 'off' });
});
