import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { createCore } from '../../core/create-core.ts';
import { getChromium } from '../kit/browser.ts';
import type { TestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { openWebFace } from '../kit/web-face.ts';
import { parseCpuSeconds, report } from './measure.ts';

const machines = 10;
const seconds = 20;
/** At rest is a process that uses no tick of CPU for this long. */
const pauseMs = 500;

/** CPU of the process that hosts the core while ten machines run: with a real window open on it, and with none. */
export async function benchIdle(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  for (let index = 0; index < machines; index += 1) {
    // Their firmware finds nothing to boot and sleeps, so that the guests' emulation does not take the cores.
    await core.handlers.machine.create(
      {
        name: `idle${index}`,
        source: { type: 'empty' },
        memoryMiB: 32,
        cpus: 1,
        diskSize: 0,
        accelerator: 'tcg',
        network: 'none',
        start: true,
      },
      {},
    );
  }
  const face = await openWebFace(home.environment);
  const measure = async (): Promise<number> => {
    const stat = () => parseCpuSeconds(readFileSync(`/proc/${face.process.pid}/stat`, 'utf8'));
    const before = stat();
    const begin = performance.now();
    await sleep(seconds * 1000);
    return ((stat() - before) * 1000) / (performance.now() - begin);
  };
  face.client.close();
  const closed = await measure();
  const browser = await chromium.launch({
    executablePath: getChromium(),
    args: ['--disable-background-networking', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
  const page = await browser.newPage();
  await page.goto(face.url);
  await page.getByText('idle0').first().waitFor();
  await waitUntil('the window to come to rest', async () => {
    const before = parseCpuSeconds(readFileSync(`/proc/${face.process.pid}/stat`, 'utf8'));
    await sleep(pauseMs);
    return parseCpuSeconds(readFileSync(`/proc/${face.process.pid}/stat`, 'utf8')) === before;
  });
  const open = await measure();
  await browser.close();
  await face.close();
  for (const { id } of await core.handlers.machine.list({}, {})) {
    await core.handlers.machine.kill({ machine: id }, {});
    await core.handlers.machine.delete({ machine: id }, {});
  }
  await core.close();
  report(`core with ${machines} machines running, window open / one core`, open, 'under 0.01', `(${(open * 100).toFixed(2)} %)`);
  report(`core with ${machines} machines running, window closed / one core`, closed, '', `(${(closed * 100).toFixed(2)} %)`);
}
