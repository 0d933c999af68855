// The protocol's flows about rooms, as people do them in the page: 7 enter a room, 8 leave a room, 9 message between
// users.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { settled } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

scene('flow 7, enter a room: the unread are marked and then read, in every window', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const room = client.conversation({ user_id: ada.user_id });
  await room.load();
  room.send('the very first');
  await settled(room, 1);
  await scene.history(room.chat_room_id, [bob.user_id], 150);
  const [adas, second] = await Promise.all([scene.seated(ada), scene.seated(ada)]);
  for (const seat of [adas, second]) await seat.unread(bob.name, 151).waitFor();
  await adas.open(bob.name);
  await adas.unread(bob.name, 151).waitFor({ state: 'detached' });
  await second.unread(bob.name, 151).waitFor({ state: 'detached' });
  await until(async () => {
    await adas.rows.first().scrollIntoViewIfNeeded();
    return (await adas.rows.count()) === 151;
  }, 'the oldest');
  const all = await adas.texts();
  assert.deepEqual(all, ['the very first', ...Array.from({ length: 150 }, (_, n) => `message ${n + 1}`)]);
  await adas.text(texts.conversation.beginning).waitFor();
});

scene('flow 7, continued: a line stands above what is new', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const room = client.conversation({ user_id: ada.user_id });
  const adas = await scene.seated(ada);
  room.send('known');
  await adas.open(bob.name);
  await adas.said('known').waitFor();
  await adas.unread(bob.name, 1).waitFor({ state: 'detached' });
  await adas.goHome();
  for (const text of ['new 1', 'new 2']) room.send(text);
  await adas.unread(bob.name, 2).waitFor();
  await adas.item(bob.name).getByText('new 2').waitFor();
  await adas.open(bob.name);
  const line = adas.page.getByRole('listitem').filter({ has: adas.text(texts.conversation.unread) });
  await line.waitFor();
  const isBefore = (one, other) => one.evaluate((a, b) => a.compareDocumentPosition(b) & 4, other);
  assert.ok(await isBefore(adas.said('known'), await line.elementHandle()));
  assert.ok(await isBefore(line, await adas.said('new 1').elementHandle()));
});

scene('flow 8, leave a room: what was seen stays read, what comes later is new', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await bobs.write(ada.name, 'seen');
  await adas.said('seen').waitFor();
  await adas.goHome();
  await adas.page.reload();
  await adas.item(bob.name).waitFor();
  assert.equal(await adas.unread(bob.name, 1).count(), 0);
  await adas.link(texts.list.notifications(0)).waitFor();
  await bobs.write(ada.name, 'later');
  await adas.unread(bob.name, 1).waitFor();
  await adas.link(texts.list.notifications(1)).click();
  await adas.card(bob.name).waitFor();
  await adas.button(texts.notifications.markAll).click();
  await adas.text(texts.notifications.none).first().waitFor();
  await adas.unread(bob.name, 1).waitFor({ state: 'detached' });
});

scene('flow 9, message between users: the other one has it at once, a third one never', async (scene) => {
  const [[ada, adas], [bob, bobs], [carol, carols]] = await scene.people('Ada', 'Bob', 'Carol');
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await carols.open(ada.name);
  await adas.write(bob.name, 'hello, Bob', 'two\nlines');
  await bobs.reads(['hello, Bob', 'two\nlines']);
  await adas.sent();
  await adas.page.getByText(texts.conversation.sent).first().waitFor({ state: 'attached' });
  await bobs.write(ada.name, 'hello, Ada');
  await adas.reads(['hello, Bob', 'two\nlines', 'hello, Ada']);
  assert.match(await adas.said('hello, Ada').getAttribute('class'), /is-other/);
  assert.match(await bobs.said('hello, Ada').getAttribute('class'), /is-mine/);
  await bobs.page.getByText(`${texts.conversation.announce(ada.name, 'two')}`).waitFor({ state: 'attached' });
  await adas.open(carol.name);
  await adas.write(carol.name, 'for you');
  await carols.reads(['for you']); // whatever came before has passed her by
  assert.equal(await carols.unread(bob.name, 1).count(), 0);
  assert.doesNotMatch(await carols.page.content(), /hello, Bob|hello, Ada/);
});
