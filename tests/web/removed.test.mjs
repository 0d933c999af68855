// What administrators remove: messages, groups, people.

import assert from 'node:assert/strict';

import WebSocket from 'ws';

import { settled, talk, texts } from './support/people.mjs';
import { nextEvent, until } from './support/waiting.mjs';
import { scene } from './support/scenes.mjs';

/** A WebSocket class, and what says a frame to the client as if the server had. */
function hearing() {
  let last = null;
  class Hearing extends WebSocket {
    constructor(url) {
      super(url);
      last = this;
    }
  }
  return { WebSocket: Hearing, say: (frame) => last.onmessage({ data: JSON.stringify(frame) }) };
}

const removal = (room, seq) => ({
  type: 'message_removed', chat_type: 'room', chat_room_id: room, seq, timestamp: '2026-11-22T17:00:00.000Z',
});

scene('a removed message keeps its place, without its text, also where it is just being read', async (scene) => {
  const socket = hearing();
  const [ada, bob] = [await scene.person('Ada', { WebSocket: socket.WebSocket }), await scene.person('Bob')];
  const [adas, bobs] = await talk(ada, bob);
  for (const text of ['one', 'two', 'three']) bobs.send(text);
  await settled(adas, 3);
  const before = adas.messages;
  const heard = nextEvent(ada, 'message_removed');
  socket.say(removal(adas.chat_room_id, 2));
  assert.equal((await heard).seq, 2);
  assert.deepEqual([texts(adas), adas.messages[1].removed], [['one', '', 'three'], true]);
  assert.equal(adas.messages[1].user_id, bob.userId);
  assert.notEqual(adas.messages, before);
  assert.equal(adas.messages[0], before[0]);
  await adas.load(); // the server still has the text, as an answer that was on its way would
  assert.deepEqual(texts(adas), ['one', '', 'three']);
});

scene('what is removed of the bot and of a group', async (scene) => {
  const socket = hearing();
  const ada = await scene.person('Ada', { WebSocket: socket.WebSocket });
  const bot = ada.conversation({ bot: true });
  await bot.load();
  bot.send('What time is it?');
  await settled(bot, 2);
  socket.say({ type: 'message_removed', chat_type: 'bot', seq: 1, timestamp: bot.messages[0].timestamp });
  assert.deepEqual([bot.messages[0].removed, bot.messages[1].removed], [true, undefined]);
  const { chat_group_id } = await ada.createGroup('Engines');
  await ada.enter(chat_group_id);
  const group = ada.conversation({ chat_group_id });
  await group.load();
  group.send('said');
  await settled(group, 1);
  const frame = { type: 'message_removed', chat_type: 'group', chat_group_id, seq: 1 };
  socket.say({ ...frame, timestamp: group.messages[0].timestamp });
  assert.equal(group.messages[0].removed, true);
});

scene('a removed group: what is unsent there goes with it, and it is not entered again', async (scene) => {
  const socket = hearing();
  const ada = await scene.person('Ada', { WebSocket: socket.WebSocket });
  const { chat_group_id } = await ada.createGroup('Engines');
  await ada.enter(chat_group_id);
  const group = ada.conversation({ chat_group_id });
  await group.load();
  socket.say({ type: 'group_removed', chat_group_id: chat_group_id + 1000000 });
  group.send('x'.repeat(16001)); // refused, so it stays
  assert.equal(ada.unsent.size, 1);
  const heard = nextEvent(ada, 'group_removed');
  socket.say({ type: 'group_removed', chat_group_id });
  assert.equal((await heard).chat_group_id, chat_group_id);
  assert.equal(ada.unsent.size, 0);
  assert.notEqual(ada.conversation({ chat_group_id }), group);
});

scene('user_removed is an event', async (scene) => {
  const socket = hearing();
  const ada = await scene.person('Ada', { WebSocket: socket.WebSocket });
  const heard = nextEvent(ada, 'user_removed');
  socket.say({ type: 'user_removed', user_id: 4 });
  assert.equal((await heard).user_id, 4);
  await until(() => ada.connection === 'online', 'online');
});

scene('what an administrator removes by SQL: messages of all kinds, a group, a person', async (scene, stack) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [adas, bobs] = await talk(ada, bob);
  for (const text of ['stays', 'goes']) bobs.send(text);
  const { chat_group_id } = await ada.createGroup('Engines');
  for (const client of [ada, bob]) await client.enter(chat_group_id);
  const group = ada.conversation({ chat_group_id });
  const bot = ada.conversation({ bot: true });
  await Promise.all([group.load(), bot.load()]);
  group.send('in the group');
  bot.send('What time is it?');
  await Promise.all([settled(adas, 2), settled(group, 1), settled(bot, 2)]);
  const [[chat]] = await stack.sql(`SELECT id FROM bot_chats WHERE user_id = ${ada.userId}`);
  const places = [
    [adas, adas.chat_room_id, 2],
    [group, chat_group_id, 1],
    [bot, Number(chat), 1],
  ];
  for (const [conversation, id, seq] of places) {
    await stack.call('admin_remove_message', id, seq, false);
    await until(() => conversation.messages[seq - 1].removed, `${conversation.key} without the message`);
    assert.equal(conversation.messages[seq - 1].message, '');
  }
  assert.deepEqual(texts(adas), ['stays', '']);
  const fresh = (await scene.signedIn((await ada.profile()).email)).conversation({ user_id: bob.userId });
  await fresh.load();
  assert.deepEqual([texts(fresh), fresh.messages[1].removed], [['stays', ''], true], 'the history says the same');

  const isGone = nextEvent(bob, 'group_removed');
  await stack.call('admin_delete_group', chat_group_id, false);
  assert.equal((await isGone).chat_group_id, chat_group_id);
  await assert.rejects(bob.members(chat_group_id), { status: 404 });

  const { userId } = bob;
  const [isErased, hasEnded] = [nextEvent(ada, 'user_removed'), nextEvent(bob, 'ended')];
  await stack.call('admin_erase_user', String(userId), false, false);
  assert.equal((await isErased).user_id, userId);
  await hasEnded;
  assert.equal((await ada.users()).some((user) => user.user_id === userId), false);
});
