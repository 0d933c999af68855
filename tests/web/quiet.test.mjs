// What a glance and a break cost: nothing is asked for twice.

import assert from 'node:assert/strict';

import { settled, talk } from './support/people.mjs';
import { scene } from './support/scenes.mjs';
import { nextEvent, pause, until } from './support/waiting.mjs';

/** Somebody who has a room and a group open: { ada, bob, line, room, group, asked }; `asked`: "GET /chat_rooms/1", … */
async function withTwoOpen(scene) {
  const line = await scene.proxy();
  const asked = [];
  const counting = (address, options) => {
    asked.push(`${options.method} ${new URL(address).pathname.replace('/http', '')}`);
    return fetch(address, options);
  };
  const ada = await scene.person('Ada', { through: line, fetch: counting });
  const bob = await scene.person('Bob');
  const [room, hers] = await talk(ada, bob);
  hers.send('hello');
  await settled(room, 1);
  const { chat_group_id } = await ada.createGroup('Engines');
  await bob.enter(chat_group_id);
  await ada.enter(chat_group_id);
  const group = ada.conversation({ chat_group_id });
  await group.load();
  return { ada, bob, line, room, group, asked, id: chat_group_id };
}

const quiet = async (asked) => {
  for (let seen = -1; seen !== asked.length; await pause(300)) seen = asked.length;
};

scene('a glance at a quiet page asks for the group on the screen, once, and for nothing else', async (scene) => {
  const { ada, asked, id } = await withTwoOpen(scene);
  await quiet(asked);
  asked.length = 0;
  ada.connectNow();
  await until(() => asked.length >= 2, 'the requests');
  await quiet(asked);
  assert.deepEqual(asked, [`POST /chat_groups/${id}`, `GET /chat_groups/${id}`]);
  assert.equal(ada.connection, 'online');
});

scene('after a break each conversation is read once', async (scene) => {
  const { ada, bob, line, room, group, asked, id } = await withTwoOpen(scene);
  await quiet(asked);
  line.goAway();
  await until(() => ada.connection === 'waiting', 'the break');
  bob.conversation({ user_id: ada.userId }).send('meanwhile');
  bob.conversation({ chat_group_id: id }).send('meanwhile');
  await until(() => bob.unsent.size === 0, 'stored');
  asked.length = 0;
  const back = nextEvent(ada, 'resync');
  line.comeBack();
  await back;
  await Promise.all([settled(room, 2), settled(group, 1)]);
  await quiet(asked);
  const times = (what) => asked.filter((one) => one === what).length;
  assert.deepEqual(
    [times(`POST /chat_groups/${id}`), times(`GET /chat_groups/${id}`), times(`GET /chat_rooms/${room.chat_room_id}`)],
    [1, 1, 1],
    asked.join(', '),
  );
});
