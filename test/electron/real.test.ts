import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestHome, type TestHome } from '../kit/test-home.ts';

const root = join(import.meta.dirname, '../..');
const runtime = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules/electron/dist'), 'electron');
const missing = [
  existsSync(runtime) ? undefined : `there is no Electron runtime at ${runtime}`,
  process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'] ? undefined : 'there is no screen (DISPLAY, WAYLAND_DISPLAY)',
].find((reason) => reason !== undefined);

describe('the shell in the real runtime', () => {
  let home: TestHome;
  let app: ElectronApplication;
  let page: Page;
  beforeAll(async () => {
    if (missing !== undefined) return;
    home = createTestHome();
    const args = [root, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
    const env = Object.fromEntries(Object.entries(home.environment).filter(([, value]) => value !== undefined));
    app = await electron.launch({ executablePath: runtime, args, env: env as Record<string, string> });
    page = await app.firstWindow();
    await page.waitForLoadState('load');
  });
  afterAll(async () => {
    if (missing !== undefined) return;
    await app.close();
    await home.dispose();
  });

  realTest('the page has the two verbs and nothing of Node', async () => {
    const found = await page.evaluate(() => ({
      address: window.location.href,
      bridge: Object.keys((window as unknown as { bothy: object }).bothy).sort(),
      node: ['process', 'require', 'module', 'Buffer'].filter((name) => name in window),
    }));
    expect(found).toEqual({ address: 'bothy://app/', bridge: ['connect', 'kind', 'openConsole'], node: [] });
  });

  realTest('the contract is carried over a port', async () => {
    const answer = await page.evaluate(async () => {
      const { bothy } = window as unknown as { bothy: { connect(id: string): Promise<unknown> } };
      const port = new Promise<MessagePort>((resolve) => {
        window.addEventListener('message', ({ data, ports }) => {
          if (data?.bothyPort === 'spec' && ports[0] !== undefined) resolve(ports[0]);
        });
      });
      await bothy.connect('spec');
      const open = await port;
      const reply = new Promise<unknown>((resolve) => {
        open.onmessage = ({ data }) => resolve(JSON.parse(data));
      });
      open.postMessage(JSON.stringify({ i: '1', p: { u: '/machine/list', b: { json: {} } } }));
      return await reply;
    });
    expect(answer).toMatchObject({ i: '1', p: { b: { json: [] } } });
  });

  realTest('the policy stops scripts from text and every other host', async () => {
    const stopped = await page.evaluate(async () => {
      const tries = {
        text: () => Promise.resolve(new Function('return 1')()),
        fetch: () => fetch('http://127.0.0.1:9/'),
      };
      const results = Object.entries(tries).map(async ([name, attempt]) => {
        try {
          await attempt();
          return `${name} worked`;
        } catch {
          return `${name} stopped`;
        }
      });
      return await Promise.all(results);
    });
    expect(stopped).toEqual(['text stopped', 'fetch stopped']);
  });

  realTest('no new window opens and the page stays where it is', async () => {
    await page.evaluate(() => {
      window.open('bothy://app/other');
      window.location.href = 'data:text/html,gone';
    });
    expect(app.windows()).toHaveLength(1);
    expect(page.url()).toBe('bothy://app/');
  });
});

/** A test that names itself and its reason when the runtime is not there. */
function realTest(name: string, run: () => Promise<void>): void {
  test(name, async (context) => {
    if (missing !== undefined) context.skip(missing);
    await run();
  });
}
