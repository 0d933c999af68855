// Groups: made, entered, left, and kept up to date whether one is present or not.

import assert from 'node:assert/strict';

import { settled, texts, TabStorage } from './support/people.mjs';
import { scene } from './support/scenes.mjs';
import { nextEvent, until } from './support/waiting.mjs';

// The owner and a second one, both present and loaded: [group id, owner's conversation, the other's].
async function meeting(owner, other) {
  const { chat_group_id } = await owner.createGroup('Engines');
  for (const client of [owner, other]) {
    const entered = nextEvent(client, 'group_chat_activitity', (frame) => frame.user_id === client.userId);
    await client.enter(chat_group_id);
    await entered;
  }
  const pair = [owner, other].map((client) => client.conversation({ chat_group_id }));
  await Promise.all(pair.map((conversation) => conversation.load()));
  return [chat_group_id, ...pair];
}

function presentIn(client, group) {
  return async () => (await client.members(group)).filter((member) => member.present).map((member) => member.user_id);
}

scene('create, enter, talk, rename, hand over, leave', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [group, his, hers] = await meeting(ada, bob);
  his.send('welcome');
  await Promise.all([settled(his, 1), settled(hers, 1)]);
  hers.send('thank you');
  await Promise.all([settled(his, 2), settled(hers, 2)]);
  assert.deepEqual(his.messages, hers.messages);
  assert.deepEqual(await presentIn(ada, group)(), [ada.userId, bob.userId]);

  const renamed = nextEvent(bob, 'group_chat_update', (frame) => frame.chat_group_id === group);
  assert.equal((await ada.changeGroup(group, { name: 'Looms', owner_id: bob.userId })).owner_id, bob.userId);
  assert.equal((await renamed).name, 'Looms');
  const left = nextEvent(ada, 'group_chat_activitity', (frame) => !frame.is_enter);
  await bob.leave(group);
  assert.equal((await left).user_id, bob.userId);
  const [row] = (await bob.groups({ is_member: true })).filter((one) => one.chat_group_id === group);
  assert.deepEqual([row.members, row.last_seq, row.is_member], [2, 2, true]);
});

scene('who only looks in catches up when sending or entering', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [group, his, hers] = await meeting(ada, bob);
  await bob.leave(group);
  his.send('unheard');
  await settled(his, 1);
  assert.equal(hers.messages.length, 0);
  hers.send('I am no longer present, but a member');
  await Promise.all([settled(his, 2), settled(hers, 2)]);
  his.send('unheard again');
  await settled(his, 3);
  await bob.enter(group);
  await settled(hers, 3);
  assert.deepEqual(hers.messages, his.messages);
});

scene('entering, loading and talking at once leaves no hole', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const { chat_group_id } = await ada.createGroup('Looms');
  await ada.enter(chat_group_id);
  const his = ada.conversation({ chat_group_id });
  await his.load();
  const hers = bob.conversation({ chat_group_id });
  for (let n = 0; n < 100; n += 1) {
    his.send(`line ${n}`);
    if (n === 30) hers.load();
    if (n === 50) bob.enter(chat_group_id);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all([settled(his, 100), settled(hers, 100)]);
  assert.deepEqual(hers.messages, his.messages);
});

scene('a group is entered again after a break and after a reload, until it is left', async (scene) => {
  const [ada, proxy, storage] = [await scene.person('Ada'), await scene.proxy(), new TabStorage()];
  const { email, user_id } = await scene.account('Bob');
  const bob = await scene.signedIn(email, { through: proxy, storage });
  const [group, his, hers] = await meeting(ada, bob);
  proxy.goAway();
  const gone = nextEvent(ada, 'group_chat_activitity', (frame) => frame.user_id === user_id && !frame.is_enter);
  await gone;
  his.send('while you were away');
  await settled(his, 1);
  proxy.comeBack();
  await settled(hers, 1);
  his.send('and now live');
  await settled(hers, 2);

  bob.close();
  await nextEvent(ada, 'group_chat_activitity', (frame) => frame.user_id === user_id && !frame.is_enter);
  const reloaded = scene.client({ through: proxy, storage });
  reloaded.resume();
  await until(async () => (await presentIn(ada, group)()).includes(user_id), 'present after the reload');
  await reloaded.leave(group);
  reloaded.close();
  const again = scene.client({ through: proxy, storage });
  again.resume();
  await until(() => again.connection === 'online', 'online');
  await again.groups();
  assert.deepEqual(await presentIn(ada, group)(), [ada.userId]);
});

scene('another tab leaves the group that this one still looks at', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [group, his, hers] = await meeting(ada, bob);
  const tab = await scene.signedIn((await bob.profile()).email);
  await tab.enter(group);
  await tab.leave(group);
  his.send('can you hear me?');
  await settled(hers, 1);
  await until(async () => (await presentIn(ada, group)()).includes(bob.userId), 'present again');
});

scene('who looks again is present again, though another device has left', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [group] = await meeting(ada, bob);
  const device = await scene.signedIn((await bob.profile()).email);
  await device.leave(group);
  assert.deepEqual(await presentIn(ada, group)(), [ada.userId]);
  bob.connectNow();
  await until(async () => (await presentIn(ada, group)()).includes(bob.userId), 'present again');
});

scene('another tab enters the group that this one has loaded: it catches up, and hears', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [group, his, hers] = await meeting(ada, bob);
  await bob.leave(group);
  his.send('unheard');
  await settled(his, 1);
  const tab = await scene.signedIn((await bob.profile()).email);
  await tab.enter(group);
  await settled(hers, 1);
  his.send('heard');
  await settled(hers, 2);
});

scene('whoever is removed is not entered again', async (scene) => {
  const proxy = await scene.proxy();
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob', { through: proxy })];
  const [group, his, hers] = await meeting(ada, bob);
  const heard = nextEvent(bob, 'group_member_removed');
  await ada.removeMember(group, bob.userId);
  assert.equal((await heard).chat_group_id, group);
  const back = nextEvent(bob, 'resync');
  proxy.cut();
  await back;
  his.send('just us');
  await settled(his, 1);
  await hers.load();
  assert.deepEqual(texts(hers), ['just us']);
  assert.deepEqual(await presentIn(ada, group)(), [ada.userId]);
  await assert.rejects(ada.removeMember(group, ada.userId), { status: 409, code: 'conflict' });
});

scene('a message to a group that one is not in fails; after entering, retry sends it', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const { chat_group_id } = await ada.createGroup('Closed for now');
  const hers = bob.conversation({ chat_group_id });
  await hers.load();
  const { client_msg_id } = hers.send('let me in');
  const failed = await until(() => hers.outgoing.find((item) => item.state === 'failed'), 'the refusal');
  assert.deepEqual([failed.client_msg_id, failed.error.code], [client_msg_id, 'forbidden']);
  await bob.enter(chat_group_id);
  hers.retry(client_msg_id);
  assert.deepEqual([hers.outgoing[0].state, hers.outgoing[0].error], ['pending', undefined]);
  await settled(hers, 1);
  assert.equal(hers.messages[0].message, 'let me in');
});

scene('a group that does not exist is not remembered', async (scene) => {
  const storage = new TabStorage();
  const { email } = await scene.account();
  const ada = await scene.signedIn(email, { storage });
  await assert.rejects(ada.enter(999999999), { status: 404, code: 'not_found' });
  assert.deepEqual(storage.names, ['parlor.session']);
  await assert.rejects(ada.conversation({ chat_group_id: 999999999 }).load(), { status: 404 });
});

scene('who was put out of a group while the line was down stays out', async (scene) => {
  const line = await scene.proxy();
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob', { through: line })];
  const [group] = await meeting(ada, bob);
  line.goAway();
  await until(() => bob.connection === 'waiting', 'the break');
  await ada.removeMember(group, bob.userId);
  const told = nextEvent(bob, 'group_member_removed', (frame) => frame.chat_group_id === group);
  line.comeBack();
  assert.equal((await told).user_id, bob.userId);
  assert.deepEqual(
    (await ada.members(group)).map((member) => member.user_id),
    [ada.userId],
  );
});
