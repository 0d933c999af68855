// The parts that need no server.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ReadMarks } from '../../web/client/marks.js';
import { failureOf, newMessageId, wellFormed } from '../../web/client/messages.js';
import { Outbox } from '../../web/client/outbox.js';
import { growing, jittered, Pacer } from '../../web/client/pauses.js';
import { Store } from '../../web/client/store.js';
import { keyOf, messagesIn, plainMessage, targetOf } from '../../web/client/targets.js';
import { Timeline } from '../../web/client/timeline.js';
import { until } from './support/waiting.mjs';

const message = (seq) => ({ seq, user_id: 1, message: `m${seq}`, timestamp: `2026-11-22T17:00:00.${seq}00Z` });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => message(from + n));
const seqs = (timeline) => timeline.messages.map((one) => one.seq);

test('a timeline has no holes and no repeats', () => {
  const timeline = new Timeline();
  assert.deepEqual(timeline.add([message(6)]), []);
  assert.equal(timeline.gap, false);
  timeline.start(range(3, 5));
  assert.deepEqual(seqs(timeline), [3, 4, 5, 6]);
  timeline.add([message(8), message(8), message(5)]);
  assert.deepEqual([seqs(timeline), timeline.gap], [[3, 4, 5, 6], true]);
  assert.deepEqual(timeline.add([message(7)]).map((one) => one.seq), [7, 8]);
  assert.equal(timeline.gap, false);
  timeline.prepend(range(1, 3));
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('a timeline is a new array at every change and the same one without', () => {
  const timeline = new Timeline();
  timeline.start(range(1, 2));
  const before = timeline.messages;
  timeline.add([message(2), message(4)]);
  assert.equal(timeline.messages, before);
  timeline.add([message(3)]);
  assert.notEqual(timeline.messages, before);
});

test('an empty timeline begins with the first live message, or with a page', () => {
  const timeline = new Timeline();
  timeline.start([]);
  timeline.add([message(1)]);
  timeline.start(range(1, 3));
  assert.deepEqual(seqs(timeline), [1, 2, 3]);
});

test('what waits for too much is dropped, and remains a gap', () => {
  const timeline = new Timeline();
  timeline.start([message(1)]);
  timeline.add(range(3, 5000));
  timeline.add([message(2)]);
  assert.deepEqual([timeline.lastSeq, timeline.gap], [2002, true]);
  timeline.forgetEarly();
  assert.equal(timeline.gap, false);
});

test('pauses double up to their bound and are jittered by half', () => {
  for (let n = 0; n < 1000; n += 1) {
    const ms = growing(3, 500, 30000);
    assert.ok(ms > 2000 && ms <= 4000);
    assert.ok(growing(1000, 500, 30000) <= 30000 && jittered(100) > 50);
  }
});

test('the pacer lets a hundred through, then one every 60 ms', () => {
  let now = 0;
  const pacer = new Pacer(() => now);
  for (let n = 0; n < 100; n += 1) assert.equal(pacer.take(), 0);
  assert.equal(pacer.take(), 60);
  now += 60;
  assert.equal(pacer.take(), 0);
  assert.ok(pacer.take() > 0);
});

test('the pacer slows down while it is refused, and recovers', () => {
  let now = 0;
  const pacer = new Pacer(() => now);
  pacer.refused(50);
  assert.equal(pacer.take(), 60);
  now += 60;
  assert.equal(pacer.take(), 0);
  assert.equal(pacer.take(), 60);
  for (let n = 0; n < 100; n += 1) pacer.refused(10);
  now += 1000;
  assert.equal(pacer.take(), 0);
  for (let n = 0; n < 100; n += 1) pacer.accepted();
  now += 600;
  for (let n = 0; n < 10; n += 1) assert.equal(pacer.take(), 0);
  pacer.pause(5000);
  assert.equal(pacer.take(), 5000);
});

test('ids are new, short enough, and need no secure page', () => {
  const ids = new Set(Array.from({ length: 1000 }, newMessageId));
  assert.equal(ids.size, 1000);
  const known = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  for (const crypto of [undefined, { getRandomValues: (bytes) => bytes.fill(7) }]) {
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
    assert.match(newMessageId(), /^[a-z0-9]+-[0-9a-f]{32}$/);
  }
  if (known) Object.defineProperty(globalThis, 'crypto', known);
  else delete globalThis.crypto;
});

test('halves of surrogate pairs are replaced, pairs stay', () => {
  assert.equal(wellFormed('a🙂\uD83D b\uDE42'), 'a🙂\uFFFD b\uFFFD');
});

test('limits are counted in bytes of UTF-8', () => {
  assert.equal(failureOf('ä'.repeat(8000), {}), null);
  assert.equal(failureOf(`${'ä'.repeat(8000)}x`, {}).code, 'invalid_field');
  assert.equal(failureOf('', {}).code, 'invalid_field');
});

test('targets and keys', () => {
  for (const target of [{ user_id: 9 }, { chat_group_id: 21 }, { bot: true }]) {
    assert.deepEqual(targetOf(keyOf(target)), target);
  }
  for (const wrong of [null, {}, { user_id: '9' }, { bot: false }]) assert.throws(() => keyOf(wrong), TypeError);
  assert.equal(targetOf('nonsense'), null);
});

test('frames lead to their conversation', () => {
  const frame = { type: 'room_chat_message', user_id: 7, other_user_id: 9, chat_room_id: 12, seq: 1 };
  assert.equal(messagesIn(frame, 7).key, 'user-9');
  assert.equal(messagesIn(frame, 9).key, 'user-7');
  assert.equal(messagesIn({ type: 'user_update' }, 7), null);
  assert.equal(plainMessage({ is_user: true }, 7).user_id, 7);
  assert.deepEqual(plainMessage({ seq: 2, is_user: false, message: 'x', timestamp: 't', error: true }, 7), {
    seq: 2,
    user_id: 0,
    message: 'x',
    timestamp: 't',
    error: true,
  });
});

test('read marks never move back', () => {
  const marks = new ReadMarks();
  marks.noteRows([{ chat_room_id: 1, unread: 0, t: '2' }, { chat_group_id: 1, unread: 3, t: '9' }], 't');
  marks.note('room-1', '1');
  assert.deepEqual([marks.covers('room-1', '2'), marks.covers('room-1', '3'), marks.covers('group-1', '1')], [
    true,
    false,
    false,
  ]);
});

test('a full or forbidden storage keeps things in memory and is told once', () => {
  let told = 0;
  const refuse = () => {
    throw new Error('QuotaExceededError');
  };
  const store = new Store({ getItem: () => null, setItem: refuse, removeItem: () => {} }, () => (told += 1));
  store.write('a', { x: 1 });
  store.write('b', 2);
  assert.deepEqual([store.read('a'), store.read('b'), told], [{ x: 1 }, 2, 1]);
  store.write('a', null);
  assert.equal(store.read('a'), null);
});

// An outbox whose socket is this list.
function box(store = new Store(null, () => {})) {
  const [sent, stored] = [[], []];
  const handlers = {
    send: (frame) => sent.push(frame) > 0,
    onChange: () => {},
    onStored: (record) => stored.push(record.view.message),
    onSilence: () => sent.push('silence'),
  };
  const outbox = new Outbox({ store, name: 'unsent', ackTimeoutMs: 20 }, handlers);
  return { outbox, sent, stored };
}

test('one at a time in a conversation, several conversations at once', () => {
  const { outbox, sent, stored } = box();
  for (const key of ['user-1', 'user-1', 'bot', 'group-3']) outbox.add(key, `to ${key}`, null);
  assert.equal(sent.length, 0);
  outbox.online();
  assert.deepEqual(sent.map((frame) => frame.chat_type), ['room', 'bot', 'group']);
  outbox.acknowledged({ client_msg_id: sent[0].client_msg_id, seq: 1 });
  assert.deepEqual([sent.length, sent[3].other_user_id, stored], [4, 1, ['to user-1']]);
  outbox.end(true);
});

test('busy and everything that is nobody\'s bad luck fails, the next one goes on', () => {
  const { outbox, sent } = box();
  outbox.online();
  outbox.add('bot', 'one', null);
  outbox.add('bot', 'two', null);
  outbox.refused({ code: 'busy', message: 'Too many.', client_msg_id: sent[0].client_msg_id });
  assert.deepEqual(outbox.list('bot').map(({ view }) => [view.state, view.error?.code]), [
    ['failed', 'busy'],
    ['pending', undefined],
  ]);
  assert.deepEqual(sent.map((frame) => frame.message), ['one', 'two']);
  outbox.retry(sent[0].client_msg_id);
  outbox.acknowledged({ client_msg_id: sent[1].client_msg_id });
  assert.deepEqual(sent.map((frame) => frame.message), ['one', 'two', 'one']);
  assert.equal(sent[2].client_msg_id, sent[0].client_msg_id);
  outbox.end(true);
});

test('unavailable and too_fast are sent again under the same id', async () => {
  const { outbox, sent } = box();
  outbox.online();
  outbox.add('user-1', 'one', null);
  outbox.refused({ code: 'too_fast', retry_after_ms: 5, client_msg_id: sent[0].client_msg_id });
  await until(() => sent.length === 2, 'the repeat');
  outbox.refused({ code: 'unavailable', client_msg_id: sent[0].client_msg_id });
  assert.equal(outbox.list('user-1')[0].view.state, 'pending');
  await until(() => sent.length === 3, 'the repeat');
  assert.ok(sent.every((frame) => frame.client_msg_id === sent[0].client_msg_id));
  outbox.end(true);
});

test('silence is told; a defect fails what was on its way, and only that', async () => {
  const { outbox, sent } = box();
  outbox.online();
  outbox.add('user-1', 'one', null);
  outbox.add('user-1', 'two', null);
  await until(() => sent.includes('silence'), 'the silence');
  outbox.offline({ code: 'closed', message: '' });
  assert.deepEqual(outbox.list('user-1').map(({ view }) => view.state), ['failed', 'pending']);
  outbox.end(true);
});

test('what is unsent is there again, unless it was discarded', async () => {
  const store = new Store(null, () => {});
  const first = box(store).outbox;
  first.add('user-1', 'one', 4);
  first.add('user-1', 'two', 4);
  first.discard(first.list('user-1')[0].view.client_msg_id);
  await Promise.resolve();
  assert.deepEqual(box(store).outbox.list('user-1').map(({ view }) => view.message), ['two']);
  first.end(true);
  assert.deepEqual(box(store).outbox.list('user-1'), []);
});

test('what is unsent is summed up by conversation', () => {
  const { outbox, sent } = box();
  for (const key of ['user-1', 'user-1', 'group-3']) outbox.add(key, 'words', null);
  outbox.online();
  outbox.refused({ client_msg_id: sent[0].client_msg_id, code: 'forbidden', message: 'no' });
  const [[key, { newest, ...counts }], other] = [...outbox.summary()];
  assert.deepEqual([key, counts, other[0]], ['user-1', { pending: 1, failed: 1 }, 'group-3']);
  assert.ok(Date.parse(newest) <= Date.now());
  outbox.end(true);
});
