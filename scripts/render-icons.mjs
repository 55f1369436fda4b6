#!/usr/bin/env node
// Renders assets/icons/bothy.svg into the sizes a desktop asks for, with Chromium.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { rootFolder } from './source-files.mjs';

const sizes = [16, 24, 32, 48, 64, 128, 256, 512];
const folder = join(rootFolder, 'assets/icons');
const image = `data:image/svg+xml;base64,${readFileSync(join(folder, 'bothy.svg')).toString('base64')}`;

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  for (const size of sizes) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(`<style>body{margin:0}img{display:block}</style><img src="${image}" width="${size}" height="${size}">`);
    await page.screenshot({ path: join(folder, `${size}x${size}.png`), omitBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
