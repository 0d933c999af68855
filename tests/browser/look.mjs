// look.mjs: takes the pictures of docs/screenshots, by one command:   node tests/browser/look.mjs
//
// Starts a stack of its own in a temporary folder (scripts/run.sh; the programs have to be built), fills it with people
// who talk, drives the page as one of them with Debian's Chromium, and stops everything again. Before:
// `npm install --no-save playwright-core ws`, unless package.json has them.
//
//   PORT=8129      where the stack listens            ONLY=group    only pictures whose name contains this
//   OUT=folder     default docs/screenshots           MODE=release  which build
//   ALL=1          also those that are for looking, not for the docs
//
// Exits with 1, and says why, if anything fails; errors in the page's console count as failures.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { texts } from '../../web/texts.js';
import { seed } from './look-seed.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const PORT = process.env.PORT ?? '8129';
const OUT = resolve(process.env.OUT ?? join(ROOT, 'docs/screenshots'));
const ONLY = process.env.ONLY ?? '';
const ALL = Boolean(process.env.ALL || process.env.ONLY);
const BASE = `http://127.0.0.1:${PORT}`;

const WIDE = { width: 1440, height: 900 };
const MIDDLE = { width: 1024, height: 700 };
const PHONE = { width: 360, height: 740 };

// name, size, colours, the address behind `#`, and what is done before the picture is taken
const PICTURES = [
  ['sign-in', WIDE, 'light', null],
  ['sign-up-errors-phone', PHONE, 'light', null, signUpErrors],
  ['mail', WIDE, 'dark', null, signUp],
  ['home', WIDE, 'light', ''],
  ['room', WIDE, 'light', (world) => `user/${world.ids.charles}`, atUnread],
  ['room-dark', WIDE, 'dark', (world) => `user/${world.ids.charles}`, atUnread],
  ['room-phone', PHONE, 'light', (world) => `user/${world.ids.charles}`],
  ['list-phone', PHONE, 'light', ''],
  ['list-phone-dark', PHONE, 'dark', ''],
  ['group', WIDE, 'light', (world) => `group/${world.groups.engines}`, liveInGroup],
  ['group-dark', WIDE, 'dark', (world) => `group/${world.groups.engines}`],
  ['group-drawer', MIDDLE, 'light', (world) => `group/${world.groups.engines}`, openMembers],
  ['group-guest-phone', PHONE, 'dark', (world) => `group/${world.groups.looms}`],
  ['group-new', WIDE, 'light', '', newGroup],
  ['bot-empty', WIDE, 'light', 'bot'],
  ['bot', WIDE, 'light', 'bot', askBot],
  ['people', WIDE, 'light', 'people'],
  ['groups-dark', WIDE, 'dark', 'groups'],
  ['notifications', WIDE, 'light', 'notifications'],
  ['profile', WIDE, 'light', 'profile'],
  ['profile-phone-dark', PHONE, 'dark', 'profile'],
  ['search', WIDE, 'light', '', search],
  ['offline', WIDE, 'light', (world) => `user/${world.ids.charles}`, offline],
  ['long-messages', MIDDLE, 'light', (world) => `user/${world.ids.mary}`],
];

const EXTRA = new Set([
  'sign-up-errors-phone',
  'group-guest-phone',
  'group-new',
  'bot-empty',
  'groups-dark',
  'profile-phone-dark',
  'search',
  'long-messages',
]);

async function signUpErrors(page) {
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('First name').fill('Ada');
  await page.getByLabel('Last name').fill('Lovelace');
  await page.getByLabel('E-mail address').fill('ada at example');
  await page.getByLabel('Password', { exact: true }).fill('a long enough one');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.locator('.field-error').waitFor();
}

async function signUp(page) {
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('First name').fill('Emmy');
  await page.getByLabel('Last name').fill('Noether');
  await page.getByLabel('E-mail address').fill('emmy@example.org');
  await page.getByLabel('Password', { exact: true }).fill('invariants abound');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Look at your mail').waitFor();
}

function atUnread(page) {
  return page.locator('.row-message').last().waitFor();
}

async function liveInGroup(page, world) {
  await page.getByText('Here now').first().waitFor();
  await world.people.charles.enter(world.groups.engines, true);
  await page.getByText('Charles Babbage entered the group').first().waitFor();
  await world.people.charles.group(
    world.groups.engines,
    'Good morning, all. Shall we look at the carry mechanism first?',
  );
  await page.getByText('carry mechanism first').first().waitFor();
}

async function openMembers(page) {
  await page.getByRole('button', { name: 'Members and settings' }).click();
  await page.locator('.drawer .member').first().waitFor();
}

function newGroup(page) {
  return page.locator('.side-head').getByRole('button', { name: 'New group' }).click();
}

async function askBot(page) {
  for (const question of ['How do I create a group?', 'What time is it?']) {
    const answers = await page.locator('.row-message.is-other').count();
    await page.locator('.composer textarea').fill(question);
    await page.keyboard.press('Enter');
    await page.waitForFunction((n) => document.querySelectorAll('.row-message.is-other').length > n, answers);
  }
}

function search(page) {
  return page.locator('#search').fill('ma');
}

async function offline(page) {
  await page.locator('.row-message').last().waitFor();
  await page.context().setOffline(true);
  await page.evaluate(() => window.lookSocket?.close());
  await page.locator('.banner.is-waiting').waitFor();
  await page.locator('.composer textarea').fill('I will write this down and send it when the line is back.');
  await page.keyboard.press('Enter');
  await page.getByText(texts.conversation.pendingOffline).waitFor();
  await page.locator('.banner').getByText(/[2-9] seconds/).waitFor(); // between two attempts, with time for the picture
}

// ---- driving

async function openPage(browser, world, [name, viewport, colorScheme, route]) {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    deviceScaleFactor: viewport === PHONE ? 2 : 1,
    hasTouch: viewport === PHONE,
    isMobile: viewport === PHONE,
  });
  await context.addInitScript(() => {
    const Original = window.WebSocket;
    window.WebSocket = class extends Original {
      constructor(...parameters) {
        super(...parameters);
        window.lookSocket = this;
      }
    };
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => {
    const isExpected = /Failed to load resource|ERR_INTERNET_DISCONNECTED/.test(message.text());
    if (message.type() === 'error' && !isExpected) wrong.push(message.text());
  });
  await page.goto(`${BASE}/`);
  if (route !== null) {
    await signIn(page, world);
    await page.goto(`${BASE}/#/${typeof route === 'function' ? route(world) : route}`);
  }
  return { context, page, wrong, name };
}

async function signIn(page, world) {
  await page.getByLabel('E-mail address').fill(world.people.ada.email);
  await page.getByLabel('Password', { exact: true }).fill(world.people.ada.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.item').first().waitFor({ state: 'attached' });
}

async function settle(page) {
  await page.waitForFunction(() => !document.querySelector('.bone, .spinner'), null, { timeout: 5000 }).catch(() => {});
  await page.mouse.move(0, 0); // what is under it looks different
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(150); // the last drawing
}

async function takeAll(world) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const failures = [];
  try {
    for (const picture of PICTURES.filter(([name]) => name.includes(ONLY) && (ALL || !EXTRA.has(name)))) {
      const { context, page, wrong, name } = await openPage(browser, world, picture);
      try {
        await picture[4]?.(page, world);
        await settle(page);
      } catch (error) {
        wrong.push(String(error).split('\n')[0]);
      }
      await page.screenshot({ path: join(OUT, `${name}.png`) });
      failures.push(...wrong.map((text) => `${name}: ${text}`));
      await context.close();
    }
  } finally {
    await browser.close();
  }
  return failures;
}

// ---- the stack

function startStack(folder) {
  const limits = { AUTH_RATE_PER_MINUTE: '6000', AUTH_BURST: '500', API_RATE_PER_SECOND: '2000', API_BURST: '2000' };
  const stack = spawn(join(ROOT, 'scripts/run.sh'), {
    env: { ...process.env, ...limits, PORT, VAR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = new Promise((done, fail) => {
    stack.stdout.on('data', (text) => String(text).includes('is ready at') && done());
    stack.on('exit', (code) => fail(new Error(`scripts/run.sh has ended (${code}).`)));
  });
  const stop = () =>
    new Promise((done) => {
      if (stack.exitCode !== null) return done();
      stack.removeAllListeners('exit');
      stack.on('exit', done);
      return stack.kill('SIGTERM');
    });
  return { ready, stop };
}

mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'parlor-look-'));
const stack = startStack(folder);
try {
  await stack.ready;
  const failures = await takeAll(await seed(BASE, folder));
  for (const failure of failures) console.error(failure);
  console.log(`Pictures are in ${OUT}.`);
  process.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}
