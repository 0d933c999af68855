// browser.mjs: the one Chromium of a test process, started by whoever asks first, ended after the last test.
//
// CHROMIUM: another one than Debian's. Used by scenes.mjs; fails with Playwright's own words.

import { after } from 'node:test';

import { chromium } from 'playwright-core';

let running = null;

after(async () => (await running)?.close());

export function browser() {
  running ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Chromium refuses its sandbox to root, and tests in containers are root's.
    args: process.getuid() === 0 ? ['--headless=new', '--no-sandbox'] : ['--headless=new'],
  });
  return running;
}
