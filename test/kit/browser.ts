import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { findTool } from './require-tool.ts';

/** A Chromium for all tests of a file. */
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

/** BOTHY_CHROMIUM, else the distribution's, where it is to be had without the window that nobody sees. */
export function getChromium(): string {
  const path =
    process.env['BOTHY_CHROMIUM'] ??
    ['chromium-headless-shell', 'chromium', 'chromium-browser'].flatMap((name) => findTool(name) ?? [])[0];
  if (path === undefined) throw new Error('Chromium is not installed; BOTHY_CHROMIUM can name another one');
  return path;
}

function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: getChromium(),
    // Chromium's sandbox refuses to work for root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-background-networking', '--disable-gpu'],
  });
}
