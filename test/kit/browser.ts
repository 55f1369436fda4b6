import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { findTool } from './require-tool.ts';

/** A Chromium for all tests of a file: BOTHY_CHROMIUM, else the distribution's. */
export function shareBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return () => {
    if (browser === undefined) throw new Error('the browser starts before the first test');
    return browser;
  };
}

function launchChromium(): Promise<Browser> {
  const executablePath = process.env['BOTHY_CHROMIUM'] ?? findTool('chromium') ?? findTool('chromium-browser');
  if (executablePath === undefined) throw new Error('Chromium is not installed; BOTHY_CHROMIUM can name another one');
  return chromium.launch({
    executablePath,
    // Chromium's sandbox refuses to work for root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-background-networking', '--disable-gpu'],
  });
}
