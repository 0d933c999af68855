// Whatever breaks between the two: nothing is lost, nothing is doubled, nothing is missing on the screen.

import assert from 'node:assert/strict';

import WebSocket from 'ws';

import { settled, talk, texts } from './support/people.mjs';
import { scene } from './support/scenes.mjs';
import { nextEvent, pause, until } from './support/waiting.mjs';

const numbered = (count) => Array.from({ length: count }, (_, n) => `line ${n}`);

scene('200 messages, and the line is cut again and again', async (scene) => {
  const [hisLine, herLine] = [await scene.proxy(), await scene.proxy()];
  const ada = await scene.person('Ada', { through: hisLine });
  const bob = await scene.person('Bob', { through: herLine });
  const [his, hers] = await talk(ada, bob);
  let [cuts, resyncs] = [0, 0];
  ada.addEventListener('resync', () => (resyncs += 1));
  numbered(200).forEach((text) => his.send(text));
  for (const done of [20, 50, 90, 130, 170]) {
    await until(() => his.messages.length >= done, `${done} messages`);
    hisLine.cut();
    if (done % 20 === 10) herLine.cut();
    cuts += 1;
  }
  await Promise.all([settled(his, 200), settled(hers, 200)]);
  assert.deepEqual(texts(his), numbered(200));
  assert.deepEqual(his.messages, hers.messages);
  assert.equal(resyncs, cuts);
});

scene('answers are lost right before the cut: repeats are recognized', async (scene) => {
  const [line, bob] = [await scene.proxy(), await scene.person('Bob')];
  const ada = await scene.person('Ada', { through: line, ackTimeoutMs: 500 });
  const [his, hers] = await talk(ada, bob);
  let worst = 0;
  his.addEventListener('change', () => (worst = Math.max(worst, his.messages.length + his.outgoing.length)));
  for (let n = 0; n < 20; n += 1) {
    line.loseAnswers();
    his.send(`line ${n}`);
    await settled(hers, n + 1);
    line.cut();
    await until(() => his.outgoing.length === 0 && his.messages.length === n + 1, 'the repeat');
    assert.ok(worst <= n + 1, 'a message is shown once');
  }
  assert.deepEqual(his.messages, hers.messages);
  assert.deepEqual(texts(his), numbered(20));
});

scene('the daemon is killed, and restarted, in the middle of sending', async (scene, stack) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  numbered(200).forEach((text) => his.send(text));
  await until(() => his.messages.length >= 40, 'the first ones');
  await stack.kill('wsd', 'SIGKILL');
  await until(() => his.messages.length >= 120, 'the next ones', 40);
  await stack.kill('wsd', 'SIGTERM');
  await Promise.all([settled(his, 200, 40), settled(hers, 200, 40)]);
  assert.deepEqual(texts(his), numbered(200));
  assert.deepEqual(his.messages, hers.messages);
  assert.deepEqual([ada.connection, bob.connection], ['online', 'online']);
});

scene('the database goes away for a moment', async (scene, stack) => {
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob')];
  const [his, hers] = await talk(ada, bob);
  his.send('before');
  await settled(hers, 1);
  await stack.kill('mariadb', 'SIGKILL');
  for (let n = 0; n < 10; n += 1) his.send(`meanwhile ${n}`);
  await Promise.all([settled(his, 11, 90), settled(hers, 11, 90)]);
  assert.deepEqual(his.messages, hers.messages);
  assert.deepEqual(texts(his).slice(1), Array.from({ length: 10 }, (_, n) => `meanwhile ${n}`));
  await until(async () => (await fetch(`${stack.url}/http/health`)).ok, 'a healthy stack', 60);
});

scene('2,500 messages were missed', async (scene) => {
  const line = await scene.proxy();
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob', { through: line })];
  const [his, hers] = await talk(ada, bob);
  his.send('before');
  await settled(hers, 1);
  line.goAway();
  await until(() => bob.connection === 'waiting', 'the break');
  await scene.history(his.chat_room_id, [ada.userId], 2500, (n) => `missed ${n}`);
  const before = hers.messages;
  const back = nextEvent(bob, 'resync');
  line.comeBack();
  await back;
  await settled(hers, 2501);
  assert.deepEqual(hers.messages.map((message) => message.seq), Array.from({ length: 2501 }, (_, n) => n + 1));
  assert.equal(hers.messages[0], before[0]);
  his.send('live again');
  await Promise.all([settled(his, 2502), settled(hers, 2502)]);
});

scene('a conversation that could not be loaded is, once the connection is back', async (scene) => {
  const line = await scene.proxy();
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob', { through: line })];
  const [his] = await talk(ada, bob);
  const hers = bob.conversation({ user_id: ada.userId });
  his.send('hello');
  await settled(hers, 1);
  line.goAway();
  await until(() => bob.connection === 'waiting', 'the break');
  const bot = bob.conversation({ bot: true });
  await assert.rejects(bot.load(), { status: 0, code: 'network' });
  assert.equal(bot.loaded, false);
  line.comeBack();
  await until(() => bot.loaded, 'the bot page');
});

scene('a read mark that did not get through is made up for', async (scene) => {
  const line = await scene.proxy();
  const [ada, bob] = [await scene.person('Ada'), await scene.person('Bob', { through: line })];
  const [his, hers] = await talk(ada, bob);
  his.send('read me');
  await settled(hers, 1);
  line.goAway();
  await until(() => bob.connection === 'waiting', 'the break');
  await assert.rejects(hers.markRead(), { code: 'network' });
  line.comeBack();
  await until(async () => bob.connection === 'online' && (await bob.rooms())[0].unread === 0, 'the read mark');
});

scene('pauses grow, and connectNow() does not wait', async (scene) => {
  const line = await scene.proxy();
  const ada = await scene.person('Ada', { through: line, reconnect: { firstMs: 400, mostMs: 60000 } });
  const pauses = [];
  ada.addEventListener('connection', ({ detail }) => {
    if (detail.connection === 'waiting') pauses.push(detail.retryAt - Date.now());
  });
  line.goAway();
  await until(() => pauses.length === 1, 'the break');
  while (pauses.length < 6) {
    ada.connectNow();
    await until(() => ada.connection === 'waiting', 'the failed attempt');
  }
  pauses.forEach((ms, n) => assert.ok(ms > 400 * 2 ** n * 0.5 - 50 && ms <= 400 * 2 ** n, `${pauses}`));
  line.comeBack();
  ada.connectNow();
  await until(() => ada.connection === 'online', 'the connection');
  assert.equal(ada.retryAt, null);
  ada.connectNow();
  await pause(50);
  assert.equal(ada.connection, 'online');
});

// New connections work, the old one swallows everything: as when the way to the server is another one than before.
scene('a line that falls silent is noticed though nobody writes', async (scene, stack) => {
  const line = await scene.proxy();
  const ada = await scene.person('Ada');
  const bob = await scene.person('Bob', {
    through: line,
    reconnect: { firstMs: 50, quietMs: 400, answerMs: 1000 },
    fetch: (address, options) => fetch(address.replace(line.url, stack.url), options), // the socket's line, no other
  });
  const [his, hers] = await talk(ada, bob);
  his.send('before');
  await settled(hers, 1);
  line.fallSilent();
  his.send('while the line is dead');
  await settled(his, 2);
  await settled(hers, 2);
  assert.deepEqual(texts(hers), ['before', 'while the line is dead']);
});

scene('a quiet line that lives is asked, answers, and is left alone', async (scene) => {
  let answers = 0;
  class Listening extends WebSocket {
    constructor(url) {
      super(url);
      this.addEventListener('message', ({ data }) => (answers += JSON.parse(data).type === 'ready'));
    }
  }
  const ada = await scene.person('Ada', { WebSocket: Listening, reconnect: { quietMs: 50, answerMs: 10000 } });
  const seen = [];
  for (const type of ['connection', 'resync']) ada.addEventListener(type, () => seen.push(type));
  await until(() => answers > 10, 'ten answers');
  assert.deepEqual([ada.connection, seen], ['online', []]);
});
