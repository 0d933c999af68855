// Coming back to the page after looking at something else.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { settled } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

scene('back at a page that waits for its next attempt: it connects at once', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const line = await scene.proxy();
  const adas = await scene.seated(ada, { through: line, clock: Date.now() });
  await adas.open(bob.name);
  await adas.hide();
  line.goAway();
  await adas.page.getByText(texts.connection.offline).first().waitFor();
  await adas.page.clock.pauseAt(Date.now() + 60000); // no timer rings any more: the next attempt never comes
  await adas.page.getByText(texts.connection.offline).first().waitFor();
  line.comeBack();
  const sender = await scene.signedIn(bob.email);
  const room = sender.conversation({ user_id: ada.user_id });
  await room.load();
  room.send('meanwhile');
  await settled(room, 1);
  assert.equal(await adas.said('meanwhile').count(), 0);
  await Promise.all([adas.page.waitForEvent('websocket'), adas.look()]);
  await adas.page.clock.resume();
  await adas.said('meanwhile').waitFor();
});

scene('what comes while nobody looks stays unread, below a line, until one looks', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await bobs.write(ada.name, 'seen');
  await adas.said('seen').waitFor();
  await adas.hide();
  await bobs.write(ada.name, 'not seen', 'nor this');
  await adas.said('nor this').waitFor();
  await adas.unread(bob.name, 2).waitFor();
  const client = await scene.signedIn(ada.email);
  const unread = async () => (await client.notifications()).reduce((sum, one) => sum + one.unread, 0);
  await until(async () => (await unread()) === 2, 'the server counts them');
  const line = adas.page.locator('.row-unread');
  await line.waitFor();
  assert.equal(await line.evaluate((one) => one.nextElementSibling.querySelector('.text').textContent), 'not seen');
  await adas.look();
  await adas.unread(bob.name, 2).waitFor({ state: 'detached' });
  await until(async () => (await unread()) === 0, 'read, for the server too');
  assert.equal(await line.count(), 1, 'one still sees where it began');
});

scene('a hundred unread: the badge, the bell and the title say 99+, who listens hears the number', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const room = client.conversation({ user_id: ada.user_id });
  await room.load();
  room.send('the first');
  await settled(room, 1);
  await scene.history(room.chat_room_id, [bob.user_id], 98);
  const adas = await scene.seated(ada);
  const badge = adas.item(bob.name).locator('.badge');
  const bell = adas.page.locator('.bell-count');
  for (const [count, shown] of [[99, '99'], [100, '99+']]) {
    await adas.unread(bob.name, count).waitFor();
    await until(async () => (await badge.textContent()) === shown && (await bell.textContent()) === shown, shown);
    await adas.page.waitForFunction((n) => document.title.startsWith(`(${n}) `), shown);
    assert.ok(await badge.evaluate((one) => one.scrollWidth <= one.clientWidth), 'it fits');
    room.send('one more');
  }
});
