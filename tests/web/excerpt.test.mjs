// Jumping far up: only the part around the wanted message is read, and it grows together with the rest without a hole.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Excerpt } from '../../web/client/excerpt.js';
import { until } from './support/waiting.mjs';
import { settled, talk } from './support/people.mjs';
import { scene } from './support/scenes.mjs';

const START = Date.parse('2020-01-01T00:00:00.000Z');

/** A server with a message at each of these times, and how often it was asked. */
function serverOf(times) {
  const rows = times.map((at, n) => ({ seq: n + 1, timestamp: new Date(at).toISOString() }));
  const server = { rows, asked: 0, sent: 0 };
  server.page = async ({ timestamp, before = false, limit }) => {
    server.asked += 1;
    const fitting = rows.filter((row) => (before ? row.timestamp < timestamp : row.timestamp > timestamp));
    const messages = before ? fitting.slice(-limit) : fitting.slice(0, limit);
    server.sent += messages.length;
    return { messages, has_more: fitting.length > limit };
  };
  return server;
}

const evenly = Array.from({ length: 5000 }, (_, n) => START + n * 60000);
const inBursts = Array.from({ length: 5000 }, (_, n) => START + Math.floor(n / 500) * 30 * 86400000 + n);
const oneBurst = Array.from({ length: 5000 }, (_, n) => (n === 0 ? START : START + 6 * 365 * 86400000 + n));

for (const [name, times] of Object.entries({ evenly, inBursts, oneBurst })) {
  test(`any message is found with few requests: ${name}`, async () => {
    for (const seq of [1, 2, 61, 62, 500, 501, 2500, 3999, 4800, 4899]) {
      const server = serverOf(times);
      const excerpt = new Excerpt(server.page, () => {});
      await excerpt.begin(seq, server.rows[4899]);
      assert.ok(excerpt.messages.some((message) => message.seq === seq), `${seq}`);
      assert.equal(excerpt.hasOlder, excerpt.messages[0].seq > 1);
      assert.ok(server.asked <= 45 && server.sent <= 145, `${seq}: asked ${server.asked} times for ${server.sent}`);
    }
  });
}

test('what was deleted from the beginning of the history is no hole in it', async () => {
  const server = serverOf(evenly);
  server.rows.splice(0, 1000);
  const excerpt = new Excerpt(server.page, () => {});
  await excerpt.begin(400, server.rows.at(-1));
  assert.equal(excerpt.messages[0].seq, 1001);
  await excerpt.loadOlder();
  assert.deepEqual([excerpt.messages[0].seq, excerpt.hasOlder], [1001, false]);
});

scene('a part far up is read alone, goes on both ways, and joins what is loaded', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [adas, bobs] = await talk(ada, bob);
  bobs.send('number 1');
  await settled(bobs, 1);
  await scene.history(bobs.chat_room_id, [bob.userId], 1999, (n) => `number ${n + 1}`);
  const eve = await scene.signedIn((await ada.profile()).email);
  const room = eve.conversation({ user_id: bob.userId });
  await room.load();
  assert.equal(await room.around(1950), null, 'it is loaded');
  const excerpt = await room.around(700);
  assert.ok(excerpt.messages.length <= 100 && room.messages.length === 100);
  assert.ok(excerpt.messages.some(({ seq, message }) => seq === 700 && message === 'number 700'));
  const first = excerpt.messages[0].seq;
  await Promise.all([excerpt.loadOlder(), excerpt.loadOlder(), excerpt.loadNewer()]);
  assert.equal(excerpt.messages[0].seq, first - 100);
  for (let n = 0; !excerpt.joined; n += 1) {
    assert.ok(n < 20, 'it joins');
    await excerpt.loadNewer();
  }
  bobs.send('after that');
  await until(() => room.messages.at(-1).message === 'after that', 'the newest');
  assert.deepEqual(
    room.messages.map((message) => message.seq),
    Array.from({ length: 2001 - first + 101 }, (_, n) => first - 100 + n),
  );
  while (room.hasOlder) await room.loadOlder();
  assert.equal(room.messages[0].seq, 1);
  assert.deepEqual([adas.messages.at(-1).seq], [2001]);
});
