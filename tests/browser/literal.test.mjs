// Everything that people type is text: markup is shown, not done; only http and https are links, and open elsewhere.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { scene } from './support/scenes.mjs';

const NASTY = '<img src=x onerror="window.done=1"><script>window.done=1</script>';
const LINES = [
  NASTY,
  'four bytes each: 🙂 👩‍💻 𝒜 🏳️‍🌈',
  'javascript:window.done=1 JAVASCRIPT:alert(1) data:text/html,<script>window.done=1</script>',
  '[a](javascript:window.done=1) <a href="javascript:window.done=1">b</a> &lt;b&gt; &amp;amp; ${1} {{2}}',
  '  two spaces  \n\n\ttab, and lines',
  'عربي \u202etxet desrever',
];

scene('markup, emoji and javascript: links in messages are shown as they are', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await adas.write(bob.name, ...LINES);
  for (const seat of [adas, bobs]) {
    await seat.reads(LINES);
    await seat.sent();
    assert.equal(await seat.rows.locator('a').count(), 0, 'nothing of it is a link');
    assert.equal(await seat.rows.locator('img, script, b, iframe').count(), 0, 'nothing of it is markup');
    assert.equal(await seat.page.evaluate(() => window.done), undefined);
  }
  await bobs.page.reload();
  await bobs.reads(LINES);
});

scene('links are clickable, and open elsewhere without a word about us', async (scene, stack) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await adas.write(bob.name, `see ${stack.url}/icons/parlor.svg?a=1&b=<x>, please`);
  const link = bobs.rows.getByRole('link');
  await link.waitFor();
  assert.equal(await link.textContent(), `${stack.url}/icons/parlor.svg?a=1&b=`);
  assert.equal(await link.getAttribute('target'), '_blank');
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
  const [opened] = await Promise.all([bobs.context.waitForEvent('page'), link.click()]);
  await opened.waitForLoadState();
  assert.equal(await opened.evaluate(() => window.opener), null);
  await opened.close();
  await bobs.heading(ada.name).waitFor();
});

scene('markup in names of people and groups is shown as it is', async (scene) => {
  const [eve, [[, adas]]] = [await scene.newcomer('Eve'), await scene.people('Ada')];
  const client = await scene.signedIn(eve.email);
  await client.changeProfile({ first_name: '<b>Eve</b>', last_name: `${eve.user_id} <img src=x>` });
  const name = `<b>Eve</b> ${eve.user_id} <img src=x>`;
  const group = await client.createGroup(`${NASTY.slice(0, 60)} ${eve.user_id}`);
  await client.enter(group.chat_group_id);
  await adas.open(name);
  await adas.page.getByText(texts.conversation.emptyUser(name)).waitFor();
  await adas.open(group.name);
  await adas.member(name).waitFor();
  assert.equal(await adas.page.title(), `${group.name} · ${texts.app}`);
  assert.equal(await adas.page.locator('img').count(), 0);
  assert.equal(await adas.page.evaluate(() => window.done), undefined);
});
