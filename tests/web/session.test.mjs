// Accounts and sessions: registering, signing in and out, being signed out.

import assert from 'node:assert/strict';

import { ParlorError } from '../../web/parlor-client.js';
import { newAddress, online, PASSWORD, registered, TabStorage, talk } from './support/people.mjs';
import { scene } from './support/scenes.mjs';
import { nextEvent, until } from './support/waiting.mjs';

scene('register, open the link, sign in', async (scene, stack) => {
  const { email, user_id } = await registered(stack, 'Ada');
  const ada = scene.client();
  assert.equal(ada.connection, 'signed-out');
  await ada.login(email, PASSWORD);
  assert.equal(ada.userId, user_id);
  await online(ada);
  const profile = await ada.profile();
  assert.deepEqual([profile.email, profile.first_name, profile.user_id], [email, 'Ada', user_id]);
  const everybody = await ada.users({ q: 'ada', online: true });
  assert.ok(everybody.some((user) => user.user_id === user_id && user.online));
});

scene('errors are ParlorErrors in the words of the protocol', async (scene) => {
  const nobody = scene.client();
  await assert.rejects(nobody.login(newAddress('nobody'), PASSWORD), (error) => {
    assert.ok(error instanceof ParlorError && error instanceof Error);
    assert.deepEqual([error.status, error.code], [401, 'invalid_credentials']);
    return true;
  });
  await assert.rejects(nobody.register({ email: 'x', password: PASSWORD, first_name: 'X', last_name: 'Y' }), {
    status: 422,
    code: 'invalid_field',
    field: 'email',
  });
  await assert.rejects(nobody.profile(), { status: 401, code: 'invalid_token' });
  await assert.rejects(nobody.enter(1), { code: 'invalid_token' });
  const lost = scene.client({ origin: 'http://127.0.0.1:9' });
  await assert.rejects(lost.login('a@example.org', PASSWORD), { status: 0, code: 'network' });
});

scene('the token is in the storage and in headers, never in an address', async (scene) => {
  const seen = [];
  const storage = new TabStorage();
  const { email } = await scene.account();
  const ada = await scene.signedIn(email, {
    storage,
    fetch: (address, options) => {
      seen.push([address, options.headers.authentication]);
      return fetch(address, options);
    },
  });
  const { token } = JSON.parse(storage.getItem('parlor.session'));
  await ada.users({ q: 'a b+c' });
  await ada.conversation({ bot: true }).load();
  assert.ok(seen.length >= 3);
  assert.ok(seen.every(([address]) => !address.includes(token)));
  assert.ok(seen.slice(1).every(([, header]) => header === token));
});

scene('a reload goes on with the stored token', async (scene) => {
  const storage = new TabStorage();
  const { email, user_id } = await scene.account();
  const before = await scene.signedIn(email, { storage });
  before.close();
  assert.equal(before.connection, 'signed-out');
  const after = scene.client({ storage });
  assert.equal(after.resume(), true);
  assert.equal(after.userId, user_id);
  await online(after);
  assert.equal(scene.client().resume(), false);
});

scene('signing out ends the session and forgets everything', async (scene) => {
  const storage = new TabStorage();
  const { email } = await scene.account();
  const ada = await scene.signedIn(email, { storage });
  const { token } = JSON.parse(storage.getItem('parlor.session'));
  ada.conversation({ user_id: ada.userId + 100000 }).send('refused, so it stays');
  await until(() => storage.names.some((name) => name.startsWith('parlor.unsent.')), 'the stored message');
  await ada.logout();
  assert.deepEqual([ada.connection, ada.userId, storage.names], ['signed-out', null, []]);
  storage.setItem('parlor.session', JSON.stringify({ token, user_id: 1 }));
  const thief = scene.client({ storage });
  const ended = nextEvent(thief, 'ended');
  thief.resume();
  assert.deepEqual(await ended, { code: 4401 });
});

scene('a session that another one ends: event ended, and the token is gone', async (scene) => {
  const storage = new TabStorage();
  const { email } = await scene.account();
  const here = await scene.signedIn(email, { storage });
  const elsewhere = await scene.signedIn(email);
  const ended = nextEvent(here, 'ended');
  await elsewhere.changeProfile({ password: `${PASSWORD} new`, current_password: PASSWORD });
  assert.deepEqual(await ended, { code: 4403 });
  assert.deepEqual([here.connection, here.userId, storage.getItem('parlor.session')], ['signed-out', null, null]);
  assert.equal(elsewhere.connection, 'online');
});

scene('a stored token that has died meanwhile: event ended', async (scene, stack) => {
  const storage = new TabStorage();
  const { email, user_id } = await scene.account();
  (await scene.signedIn(email, { storage })).close();
  await stack.sql(`DELETE FROM sessions WHERE user_id = ${user_id}`);
  const later = scene.client({ storage });
  const ended = nextEvent(later, 'ended');
  assert.equal(later.resume(), true);
  assert.deepEqual(await ended, { code: 4401 });
  assert.equal(storage.getItem('parlor.session'), null);
});

scene('what is unsent when a session ends is sent when its person signs in again', async (scene, stack) => {
  const [bob, { email, user_id }] = [await scene.person('Bob'), await scene.account()];
  const [storage, proxy] = [new TabStorage(), await scene.proxy()];
  const ada = await scene.signedIn(email, { storage, through: proxy });
  const [, hers] = await talk(ada, bob);
  proxy.goAway();
  await until(() => ada.connection === 'waiting', 'the break');
  ada.conversation({ user_id: bob.userId }).send('for later');
  const ended = nextEvent(ada, 'ended');
  await stack.sql(`DELETE FROM sessions WHERE user_id = ${user_id}`);
  proxy.comeBack();
  await ended;
  await ada.login(email, PASSWORD);
  await until(() => hers.messages.length === 1, 'the message');
  assert.equal(hers.messages[0].message, 'for later');
});

scene('profile changes and who comes and goes are events', async (scene) => {
  const watcher = await scene.person('Watcher');
  const { email, user_id } = await scene.account('Eve');
  const came = nextEvent(watcher, 'user_activity', (frame) => frame.user_id === user_id && frame.login);
  const eve = await scene.signedIn(email);
  await came;
  const renamed = nextEvent(watcher, 'user_update', (frame) => frame.user_id === user_id);
  await eve.changeProfile({ first_name: 'Evelyn' });
  assert.equal((await renamed).first_name, 'Evelyn');
  const went = nextEvent(watcher, 'user_activity', (frame) => frame.user_id === user_id && !frame.login);
  await eve.logout();
  await went;
});

scene('logout without a network: signed out here at once, and the server is told when it can be', async (scene, stack) => {
  const proxy = await scene.proxy();
  const { email } = await scene.account('Ada');
  const storage = new TabStorage();
  const ada = await scene.signedIn(email, { through: proxy, storage });
  const { token } = JSON.parse(storage.getItem('parlor.session'));
  proxy.goAway();
  const leaving = ada.logout();
  assert.deepEqual([ada.connection, ada.userId, storage.names], ['signed-out', null, []]);
  assert.equal(await leaving, false);
  assert.deepEqual(storage.names, [], 'nothing of it is left in the browser');
  const status = async () =>
    (await fetch(`${stack.url}/http/users/profile`, { headers: { authentication: token } })).status;
  assert.equal(await status(), 200);
  proxy.comeBack();
  await until(async () => (await status()) === 401, 'the session has ended');
  await ada.login(email, PASSWORD);
  assert.equal(await ada.logout(), true);
});

scene('what has no answer can be given up, and asked again', async (scene) => {
  const proxy = await scene.proxy();
  const { email } = await scene.account('Ada');
  const ada = await scene.signedIn(email, { through: proxy });
  proxy.holdBack();
  const lost = assert.rejects(ada.users(), { code: 'network', passing: true });
  ada.giveUpReading();
  await lost;
  proxy.letGo();
  assert.ok((await ada.users()).length > 0);
});
