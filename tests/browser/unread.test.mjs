// Many unread messages: the way to the first of them, without drawing all that is between it and the newest.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { settled } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

const { conversation: said } = texts;

const seqs = (seat) => seat.rows.evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)));
const line = (seat) => seat.page.locator('.row-unread');
const jump = (seat) => seat.page.getByRole('button', { name: said.toFirstUnread });
const without = (list) => list.filter((seq, n) => n > 0 && seq !== list[n - 1] + 1);
const top = (element) => element.evaluate((one) => one.getBoundingClientRect().top);

/** Bob has written `count` messages to Ada, who has read the first alone. */
async function unreadRoom(scene, count) {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const room = client.conversation({ user_id: ada.user_id });
  await room.load();
  room.send('message 0');
  await settled(room, 1);
  const reader = (await scene.signedIn(ada.email)).conversation({ user_id: bob.user_id });
  await reader.load();
  await reader.markRead();
  await scene.history(room.chat_room_id, [bob.user_id], count);
  return { ada, bob, room, reader };
}

async function scrollDown(seat) {
  await seat.page.evaluate(() => {
    const list = document.querySelector('.messages');
    list.scrollTop = list.scrollHeight;
  });
}

scene('1,500 unread: opened at the newest, one jump to the first, and down again through all of them', async (scene) => {
  const { ada, bob, room } = await unreadRoom(scene, 1500);
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  await adas.said('message 1500').waitFor();
  assert.ok((await adas.rows.count()) <= 300, 'not all is drawn');
  assert.equal(await line(adas).count(), 0);
  await adas.page.getByText(said.jumpCount(1500)).waitFor();
  await jump(adas).click();
  await line(adas).waitFor();
  await until(async () => (await adas.rows.count()) <= 400, 'not all is drawn');
  const first = adas.page.locator('[data-seq="2"]');
  assert.equal(await first.locator('.text').textContent(), 'message 1');
  const listTop = await top(adas.page.locator('.messages'));
  const distance = (await top(line(adas))) - listTop;
  assert.ok(distance >= 0 && distance < 200, `the line is in sight: ${distance}`);
  assert.equal(await jump(adas).count(), 0, 'it has done its work');
  await adas.page.waitForFunction(() => document.activeElement?.classList.contains('messages'));

  room.send('meanwhile');
  await adas.button(said.jumpLabel(1)).waitFor();
  assert.equal(await adas.said('meanwhile').count(), 0);
  await until(async () => {
    await scrollDown(adas);
    return (await adas.said('meanwhile').count()) > 0;
  }, 'the end', 30);
  const all = await seqs(adas);
  assert.deepEqual([all[0], all.at(-1), without(all)], [1, 1502, []]);
  await scrollDown(adas);
  await until(async () => (await adas.page.locator('.jump').count()) === 0, 'the end is the end again');
  room.send('and now');
  await adas.said('and now').waitFor();
});

scene('from the part far up one jump leads back, and so does writing', async (scene) => {
  const { ada, bob, room } = await unreadRoom(scene, 1500);
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  await jump(adas).click();
  await line(adas).waitFor();
  await adas.page.locator('.jump').click();
  await adas.said('message 1500').waitFor();
  await until(async () => (await adas.rows.count()) <= 300, 'only the newest');
  assert.equal(await jump(adas).count(), 0);
  await adas.page.reload();
  await adas.said('message 1500').waitFor();
  assert.equal(await jump(adas).count(), 0, 'it is read');
  await scene.history(room.chat_room_id, [bob.user_id], 700, (n) => `later ${n}`);
  await adas.page.reload();
  await adas.page.getByText(said.jumpCount(700)).waitFor();
  await jump(adas).click();
  await line(adas).waitFor();
  await adas.write(bob.name, 'an answer');
  await adas.said('an answer').waitFor();
  const all = await seqs(adas);
  assert.deepEqual([without(all), all.length <= 400], [[], true]);
});

scene('coming back to 900 unread that were loaded meanwhile draws the newest, and the line is one jump away', async (scene) => {
  const { ada, bob, room, reader } = await unreadRoom(scene, 3);
  await reader.load();
  await reader.markRead();
  const line_ = await scene.proxy();
  const adas = await scene.seated(ada, { through: line_ });
  await adas.open(bob.name);
  await adas.said('message 3').waitFor();
  await adas.openBot();
  line_.goAway();
  await adas.page.getByText(texts.connection.offline).first().waitFor();
  await scene.history(room.chat_room_id, [bob.user_id], 899, (n) => `later ${n}`);
  room.send('the last');
  await until(() => room.outgoing.length === 0, 'sent');
  line_.comeBack();
  await adas.button(texts.connection.tryNow).click().catch(() => {});
  await adas.unread(bob.name, 900).waitFor();
  await adas.item(bob.name).click();
  await adas.said('the last').waitFor();
  await adas.page.getByText(said.jumpCount(900)).waitFor();
  assert.ok((await adas.rows.count()) <= 300, `${await adas.rows.count()} rows`);
  await jump(adas).click();
  await line(adas).waitFor();
  assert.equal(await adas.page.locator('[data-seq="5"] .text').textContent(), 'later 1');
  assert.deepEqual(without(await seqs(adas)), []);
  await until(async () => {
    await scrollDown(adas);
    return (await adas.said('the last').count()) > 0;
  }, 'the end', 30);
  assert.deepEqual(without(await seqs(adas)), []);
});

scene('a few unread need no way: one lands at the line; the bar can be sent away', async (scene) => {
  const { ada, bob, room } = await unreadRoom(scene, 60);
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  await line(adas).waitFor();
  assert.equal(await jump(adas).count(), 0);
  await adas.openBot();
  await scene.history(room.chat_room_id, [bob.user_id], 500, (n) => `later ${n}`);
  await adas.page.reload();
  await adas.item(bob.name).click();
  await jump(adas).waitFor();
  await adas.button(said.dismissUnread).click();
  await jump(adas).waitFor({ state: 'detached' });
  await adas.said('later 500').waitFor();
});

scene('scrolling away wins over a drawing that comes before the browser tells of it', async (scene) => {
  const { ada, bob, room } = await unreadRoom(scene, 90);
  const adas = await scene.seated(ada, { hears: true });
  await adas.open(bob.name);
  await adas.said('message 90').waitFor();
  await scrollDown(adas);
  await adas.page.waitForFunction(() => document.querySelector('.jump') === null);
  // In one task: the scrolling, then the message that is drawn. The scroll event comes with the next frame.
  await adas.page.evaluate(() => {
    window.beforeFrame = (text) => {
      if (text.includes('while scrolling')) document.querySelector('.messages').scrollTop -= 700;
    };
  });
  const before = await adas.page.evaluate(() => document.querySelector('.messages').scrollTop);
  room.send('while scrolling');
  await adas.button(said.jumpLabel(1)).waitFor();
  const after = await adas.page.evaluate(() => document.querySelector('.messages').scrollTop);
  assert.ok(Math.abs(before - 700 - after) <= 2, `${before} to ${after}`);
});
