// What the first visit costs, and the headers that keep the page to itself.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

const WIRE_BYTES = 150 * 1000;
const PLAIN_BYTES = 400 * 1000;

scene('the first load is small, over the wire and unpacked', async (scene) => {
  const seat = await scene.seat('a first visitor');
  const { page } = seat;
  const devtools = await seat.context.newCDPSession(page);
  await devtools.send('Network.enable');
  const loaded = { files: 0, wire: 0, plain: 0 };
  devtools.on('Network.dataReceived', ({ dataLength }) => (loaded.plain += dataLength));
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    loaded.files += 1;
    loaded.wire += encodedDataLength; // with the headers
  });
  await seat.goto();
  await seat.heading(texts.sign.in).waitFor();
  await page.waitForLoadState('networkidle');
  scene.note(`first load: ${loaded.files} files, ${loaded.wire} bytes over the wire, ${loaded.plain} unpacked`);
  assert.ok(loaded.files > 10, 'the files were counted');
  assert.ok(loaded.wire < WIRE_BYTES, `${loaded.wire} bytes over the wire`);
  assert.ok(loaded.plain < PLAIN_BYTES, `${loaded.plain} bytes`);
});

scene('signing in loads no more of the page', async (scene) => {
  const ada = await scene.newcomer('Ada');
  const seat = await scene.seat(ada.name);
  await seat.goto();
  await seat.heading(texts.sign.in).waitFor();
  await seat.page.waitForLoadState('networkidle');
  const more = [];
  seat.page.on('request', (request) => more.push(new URL(request.url()).pathname));
  await seat.fillSignIn(ada.email);
  await seat.online();
  await seat.openBot();
  const files = more.filter((path) => !path.startsWith('/http/') && !path.startsWith('/icons/'));
  assert.deepEqual(files, []);
});

scene('the policy forbids scripts and styles in the page, other hosts and frames', async (scene, stack) => {
  const answer = await fetch(stack.url);
  const policy = answer.headers.get('content-security-policy');
  for (const part of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(part), part);
  assert.doesNotMatch(policy, /unsafe/);
  const script = await fetch(`${stack.url}/app.js`); // says nothing of pages, but what it is
  assert.equal(script.headers.get('content-security-policy'), null);
  assert.equal(script.headers.get('x-content-type-options'), 'nosniff');
  const seat = await scene.seat('a tester');
  await seat.goto();
  await seat.heading(texts.sign.in).waitFor();
  const { problems } = seat.watching;
  await seat.page.evaluate(() => {
    const style = document.createElement('style');
    style.textContent = 'body { color: red }';
    document.head.append(style);
  });
  await until(() => problems.length > 0, 'the violation');
  assert.match(problems.splice(0).join(), /style-src|Content Security Policy/);
  await seat.page.evaluate(() => fetch('http://127.0.0.1:9/').catch(() => {}));
  await until(() => problems.length > 0, 'the violation');
  assert.match(problems.splice(0).join(), /connect-src|another host|Content Security Policy/);
});
