// The way of one message: refused, too fast, not answered, given up, kept over a reload.

import assert from 'node:assert/strict';

import { settled, TabStorage, talk, texts } from './support/people.mjs';
import { scene, strictScene } from './support/scenes.mjs';
import { nextEvent, until } from './support/waiting.mjs';

scene('to nobody: failed, kept over a reload, discarded', async (scene) => {
  const storage = new TabStorage();
  const { email } = await scene.account();
  const ada = await scene.signedIn(email, { storage });
  const nobody = ada.conversation({ user_id: 99999999 });
  const error = nextEvent(ada, 'error');
  const { client_msg_id } = nobody.send('hello?');
  assert.equal((await error).client_msg_id, client_msg_id);
  await until(() => nobody.outgoing[0].state === 'failed', 'the refusal');
  assert.equal(nobody.outgoing[0].error.code, 'not_found');
  ada.close();

  const later = scene.client({ storage });
  later.resume();
  const same = later.conversation({ user_id: 99999999 });
  assert.deepEqual([same.outgoing.length, same.outgoing[0].client_msg_id], [1, client_msg_id]);
  assert.equal(same.outgoing[0].state, 'failed');
  same.discard(client_msg_id);
  assert.equal(same.outgoing.length, 0);
  await until(() => !storage.names.some((name) => name.startsWith('parlor.unsent')), 'nothing is kept');
});

scene('what can not be sent fails at once and costs no connection', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  const outcomes = ['', 'x'.repeat(16001), '\u0001'.repeat(16000)].map((text) => his.send(text));
  assert.deepEqual(outcomes.map((item) => item.state), ['failed', 'failed', 'failed']);
  assert.deepEqual(outcomes.map((item) => item.error.code), ['invalid_field', 'invalid_field', 'too_large']);
  outcomes.forEach((item) => his.discard(item.client_msg_id));
  his.send('ä'.repeat(8000));
  his.send('half a pair: \uD83D.');
  await settled(hers, 2);
  assert.deepEqual(texts(hers), ['ä'.repeat(8000), 'half a pair: \uFFFD.']);
  await settled(his, 2);
  assert.deepEqual(his.messages, hers.messages);
});

scene('a message that is written while nobody is connected is sent by the next page', async (scene) => {
  const [storage, proxy, bob] = [new TabStorage(), await scene.proxy(), await scene.person('Bob')];
  const { email } = await scene.account();
  const ada = await scene.signedIn(email, { storage, through: proxy });
  const [, hers] = await talk(ada, bob);
  proxy.goAway();
  await until(() => ada.connection === 'waiting' && ada.retryAt > 0, 'the break');
  for (let n = 0; n < 5; n += 1) ada.conversation({ user_id: bob.userId }).send(`offline ${n}`);
  await Promise.resolve();
  ada.close();
  proxy.comeBack();
  const reloaded = scene.client({ storage });
  reloaded.resume();
  const his = reloaded.conversation({ user_id: bob.userId });
  assert.deepEqual(his.outgoing.map((item) => item.message), [0, 1, 2, 3, 4].map((n) => `offline ${n}`));
  await settled(hers, 5);
  await his.load();
  await settled(his, 5);
  assert.deepEqual(his.messages, hers.messages);
});

scene('no answer: the socket is taken for dead, and nothing is stored twice', async (scene) => {
  const [proxy, bob] = [await scene.proxy(), await scene.person('Bob')];
  const ada = await scene.person('Ada', { through: proxy, ackTimeoutMs: 300 });
  const [his, hers] = await talk(ada, bob);
  proxy.loseAnswers();
  const back = nextEvent(ada, 'resync');
  his.send('stored, but not acknowledged');
  await settled(hers, 1);
  await back;
  await settled(his, 1);
  proxy.fallSilent();
  his.send('swallowed');
  await Promise.all([settled(his, 2), settled(hers, 2)]);
  assert.deepEqual(his.messages, hers.messages);
});

strictScene('too fast: it waits and goes on, in order', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  const refusals = [];
  ada.addEventListener('error', (event) => refusals.push(event.detail.code));
  const wanted = Array.from({ length: 60 }, (_, n) => `line ${n}`);
  wanted.forEach((text) => his.send(text));
  await Promise.all([settled(his, 60, 60), settled(hers, 60, 60)]);
  assert.deepEqual([texts(his), texts(hers)], [wanted, wanted]);
  assert.ok(refusals.length > 0 && refusals.length < 30, `${refusals}`);
  assert.ok(refusals.every((code) => code === 'too_fast'), `${refusals}`);
});

strictScene('three tabs of one person share the rate, and none is thrown out', async (scene) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const { email } = await ada.profile();
  const tabs = [ada, await scene.signedIn(email), await scene.signedIn(email)];
  let breaks = 0;
  for (const tab of tabs) tab.addEventListener('connection', () => (breaks += 1));
  const hers = bob.conversation({ user_id: ada.userId });
  await hers.load();
  tabs.forEach((tab, at) => {
    for (let n = 0; n < 40; n += 1) tab.conversation({ user_id: bob.userId }).send(`tab ${at} line ${n}`);
  });
  await settled(hers, 120, 60);
  assert.equal(breaks, 0);
  assert.equal(new Set(texts(hers)).size, 120);
});
