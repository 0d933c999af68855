// Two people talk: live, in several tabs, with history and read marks.

import assert from 'node:assert/strict';

import { settled, talk, texts } from './support/people.mjs';
import { scene } from './support/scenes.mjs';
import { nextEvent, until } from './support/waiting.mjs';

scene('two people talk who never did before', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  assert.deepEqual([his.chat_room_id, his.loaded, his.hasOlder, his.messages.length], [null, true, false, 0]);
  const sent = his.send('Shall we begin? 🙂 <script>');
  assert.equal(sent.state, 'pending');
  assert.deepEqual(his.outgoing, [sent]);
  await Promise.all([settled(his, 1), settled(hers, 1)]);
  assert.deepEqual(his.messages, hers.messages);
  assert.equal(hers.messages[0].message, 'Shall we begin? 🙂 <script>');
  assert.equal(hers.messages[0].user_id, ada.userId);
  assert.ok(his.chat_room_id > 0 && his.chat_room_id === hers.chat_room_id);
  hers.send('Yes.');
  await Promise.all([settled(his, 2), settled(hers, 2)]);
  assert.deepEqual(his.messages, hers.messages);
});

scene('the same target is the same object, and a new one finds its room', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  his.send('one');
  await settled(hers, 1);
  assert.equal(ada.conversation({ user_id: bob.userId }), his);
  assert.equal(his.key, `user-${bob.userId}`);
  assert.throws(() => ada.conversation({}), TypeError);
  const again = await scene.signedIn((await bob.profile()).email);
  const late = again.conversation({ user_id: ada.userId });
  await late.load();
  assert.deepEqual([texts(late), late.chat_room_id], [['one'], his.chat_room_id]);
});

scene('a burst arrives complete and in order, each message shown once all the time', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  const wanted = Array.from({ length: 80 }, (_, n) => `line ${n}`);
  let worst = null;
  his.addEventListener('change', () => {
    const shown = [...texts(his), ...his.outgoing.map((item) => item.message)];
    if (shown.length !== 80 || shown.some((text, at) => text !== wanted[at])) worst = shown;
  });
  wanted.forEach((text) => his.send(text));
  await Promise.all([settled(his, 80), settled(hers, 80)]);
  assert.equal(worst, null);
  assert.deepEqual([texts(his), texts(hers)], [wanted, wanted]);
});

scene('both write at the same time and see the same', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const pair = await talk(ada, bob);
  for (let n = 0; n < 40; n += 1) pair.forEach((conversation) => conversation.send(`line ${n}`));
  await Promise.all(pair.map((conversation) => settled(conversation, 80)));
  assert.deepEqual(pair[0].messages, pair[1].messages);
  assert.deepEqual(pair[0].messages.map((message) => message.seq), Array.from({ length: 80 }, (_, n) => n + 1));
});

scene('a second tab sees what the first one sends, and what it reads', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const tab = await scene.signedIn((await ada.profile()).email);
  const [his, hers] = await talk(ada, bob);
  const [second] = await talk(tab, bob);
  his.send('from the first tab');
  second.send('from the second tab');
  await Promise.all([his, second, hers].map((conversation) => settled(conversation, 2)));
  assert.deepEqual(second.messages, his.messages);
  hers.send('an answer');
  await Promise.all([settled(his, 3), settled(second, 3)]);
  const read = nextEvent(tab, 'notification_update', (frame) => frame.unread === 0);
  await his.markRead();
  assert.equal((await read).chat_room_id, his.chat_room_id);
});

scene('only what is unread is marked as read', async (scene) => {
  const requests = [];
  const spy = (address, options) => {
    requests.push(`${options.method} ${new URL(address).pathname}`);
    return fetch(address, options);
  };
  const marks = () => requests.filter((line) => line === 'PUT /http/notifications').length;
  const [ada, bob] = [await scene.person('Ada', { fetch: spy }), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  await his.markRead();
  assert.equal(marks(), 0);
  hers.send('read me');
  await settled(his, 1);
  await Promise.all([his.markRead(), his.markRead()]);
  await his.markRead();
  assert.equal(marks(), 1);
  assert.equal((await ada.rooms())[0].unread, 0);
  his.send('my own');
  await settled(his, 2);
  await his.markRead();
  assert.equal(marks(), 1);
});

scene('5,000 messages of history, a hundred at a time', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [, first] = await talk(bob, ada);
  first.send('message 0');
  await settled(first, 1);
  await scene.history(first.chat_room_id, [ada.userId, bob.userId], 4999);
  const fresh = await scene.signedIn((await bob.profile()).email);
  const his = fresh.conversation({ user_id: ada.userId });
  await his.load();
  assert.deepEqual([his.messages.length, his.hasOlder, his.messages.at(-1).seq], [100, true, 5000]);
  await Promise.all([his.loadOlder(), his.loadOlder()]);
  assert.equal(his.messages.length, 200);
  while (his.hasOlder) await his.loadOlder();
  assert.deepEqual(texts(his), Array.from({ length: 5000 }, (_, n) => `message ${n}`));
  await his.loadOlder();
  assert.equal(his.messages.length, 5000);
});

scene('a gap in seq is filled from the history', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  his.send('one');
  await settled(hers, 1);
  await scene.history(his.chat_room_id, [bob.userId], 1500, (n) => `unheard ${n}`);
  his.send('after the gap');
  await Promise.all([settled(his, 1502), settled(hers, 1502)]);
  assert.deepEqual(his.messages, hers.messages);
  assert.equal(his.messages.at(-1).message, 'after the gap');
});

scene('what arrives while the history is being read is neither lost nor doubled', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his] = await talk(ada, bob);
  const late = bob.conversation({ user_id: ada.userId });
  for (let n = 0; n < 60; n += 1) {
    his.send(`line ${n}`);
    if (n % 10 === 5) await late.load();
  }
  await until(() => his.outgoing.length === 0, 'everything is sent');
  await settled(late, 60);
  assert.deepEqual(texts(late), Array.from({ length: 60 }, (_, n) => `line ${n}`));
});
