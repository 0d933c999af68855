// What the socket does at each close code, with a WebSocket that does what the test says.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Socket } from '../../web/client/socket.js';
import { Clock } from './support/clock.mjs';
import { until } from './support/waiting.mjs';

class FakeWebSocket {
  static all = [];
  sent = [];
  constructor(url) {
    this.url = url;
    FakeWebSocket.all.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  frame(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  getReady() {
    this.onopen();
    this.frame({ type: 'ready', user_id: 7, session_id: 1 });
  }
}

const newest = () => FakeWebSocket.all[FakeWebSocket.all.length - 1];

// An open socket; `log` is told what its handlers are.
function opened(context, { isTokenGood = async () => true } = {}) {
  const log = [];
  const socket = new Socket(
    { url: 'ws://test/socket', WebSocket: FakeWebSocket, firstMs: 100, mostMs: 10000 },
    {
      onState: () => log.push(socket.state),
      onReady: () => log.push('ready'),
      onFrame: (frame) => log.push(frame.type),
      onDown: (code) => log.push(code),
      onEnded: (code) => log.push(`ended ${code}`),
      isTokenGood,
    },
  );
  context.after(() => socket.close());
  socket.open('TOKEN');
  return { socket, log };
}

test('the first frame is the token, and the address does not have it', (context) => {
  const { socket, log } = opened(context);
  assert.equal(socket.send({ x: 1 }), false);
  newest().getReady();
  assert.deepEqual([newest().url, newest().sent], ['ws://test/socket', [{ token: 'TOKEN' }]]);
  assert.equal(socket.send({ x: 1 }), true);
  newest().frame({ type: 'user_update' });
  newest().onmessage({ data: 'no JSON' });
  assert.deepEqual(log, ['connecting', 'online', 'ready', 'user_update']);
});

for (const [code, least, most] of [
  [1006, 50, 100],
  [4408, 50, 100],
  [1012, 50, 800],
  [4429, 2000, 4000],
  [4400, 5000, 10000],
  [4413, 5000, 10000],
  [1003, 5000, 10000],
  [1007, 5000, 10000],
]) {
  test(`close code ${code}: another attempt after ${least} to ${most} ms`, (context) => {
    const { socket, log } = opened(context);
    newest().getReady();
    newest().onclose({ code });
    assert.deepEqual(log.slice(3), [code, 'waiting']);
    const pause = socket.retryAt - Date.now();
    assert.ok(pause >= least - 20 && pause <= most, String(pause));
  });
}

test('close code 4403: the session has ended', (context) => {
  const { socket, log } = opened(context);
  newest().getReady();
  newest().onclose({ code: 4403 });
  assert.deepEqual(log.slice(3), [4403, 'closed', 'ended 4403']);
  assert.equal(socket.retryAt, null);
});

test('close code 4401 ends it if the token is bad', async (context) => {
  const { log } = opened(context, { isTokenGood: async () => false });
  newest().onopen();
  newest().onclose({ code: 4401 });
  await until(() => log.includes('ended 4401'), 'the end');
});

test('close code 4401 does not if the token is good, or nobody can tell', async (context) => {
  for (const isTokenGood of [async () => true, () => Promise.reject(new Error('no answer'))]) {
    const { log } = opened(context, { isTokenGood });
    const before = FakeWebSocket.all.length;
    newest().onclose({ code: 4401 });
    await until(() => FakeWebSocket.all.length > before, 'the next attempt');
    assert.deepEqual(log, ['connecting', 'waiting', 'connecting']);
  }
});

test('a socket that was given up concerns nobody', (context) => {
  const { socket, log } = opened(context);
  newest().getReady();
  const dead = newest();
  socket.giveUp();
  assert.deepEqual([dead.onmessage, dead.onclose], [null, null]);
  assert.deepEqual(log.slice(3), [1006, 'waiting']);
  socket.connectNow();
  assert.notEqual(newest(), dead);
  socket.close();
  assert.equal(socket.state, 'closed');
});

const asked = () => newest().sent.slice(1);

test('a silent socket is asked for a sign of life, and without one another is opened', (context) => {
  const clock = new Clock(context);
  const { socket, log } = opened(context);
  newest().getReady();
  clock.pass(39000);
  assert.deepEqual(asked(), []);
  clock.pass(22000);
  assert.deepEqual(asked(), [{ token: 'TOKEN' }]);
  clock.pass(22000);
  assert.deepEqual(log.slice(3), [1006, 'waiting', 'connecting']);
  assert.equal(socket.state, 'connecting');
});

test('whatever comes is a sign of life; the answer is nobody else\'s business', (context) => {
  const clock = new Clock(context);
  const { log } = opened(context);
  newest().getReady();
  for (let minutes = 0; minutes < 30; minutes += 1) {
    clock.pass(59000);
    newest().frame(minutes % 2 ? { type: 'ready', user_id: 7, session_id: 1 } : { type: 'user_update' });
  }
  assert.ok(asked().length >= 20, String(asked().length));
  assert.deepEqual([...new Set(log.slice(3))], ['user_update']);
});

test('who hears something all the time asks nothing', (context) => {
  const clock = new Clock(context);
  const { socket } = opened(context);
  newest().getReady();
  for (let n = 0; n < 30; n += 1) {
    clock.pass(30000);
    newest().frame({ type: 'user_update' });
  }
  assert.deepEqual([asked(), socket.state], [[], 'online']);
});

test('a page that stood still while the answer came asks again', (context) => {
  const clock = new Clock(context);
  const { socket } = opened(context);
  newest().getReady();
  clock.pass(61000);
  clock.standStill(60000);
  assert.deepEqual([asked().length, socket.state], [2, 'online']);
  newest().frame({ type: 'ready', user_id: 7, session_id: 1 });
  clock.pass(30000);
  assert.equal(socket.state, 'online');
});

test('connectNow() asks the socket that it has, and waits less long', (context) => {
  const clock = new Clock(context);
  const { socket } = opened(context);
  newest().getReady();
  socket.connectNow();
  assert.deepEqual(asked(), []);
  clock.pass(31000);
  socket.connectNow();
  assert.deepEqual([asked().length, socket.state], [1, 'online']);
  clock.pass(5000);
  socket.connectNow(); // whoever looks again and again does not put it off
  clock.pass(4000);
  assert.notEqual(socket.state, 'online');
});

test('connectNow() replaces a socket that slept with the machine', (context) => {
  const clock = new Clock(context);
  const { socket } = opened(context);
  newest().getReady();
  socket.connectNow();
  assert.equal(socket.state, 'online');
  clock.standStill(300000);
  socket.connectNow();
  assert.equal(socket.state, 'connecting');
});
