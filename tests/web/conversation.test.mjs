// In which order echo, ack and history come is up to the network: a conversation whose answers come when the test says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Conversation } from '../../web/client/conversation.js';
import { ParlorError } from '../../web/client/http.js';
import { ReadMarks } from '../../web/client/marks.js';
import { Outbox } from '../../web/client/outbox.js';
import { Store } from '../../web/client/store.js';
import { until } from './support/waiting.mjs';

const ME = 7;
const LATER = '2100-01-01T00:00:00.';
const time = (seq) => `${LATER}${String(seq).padStart(3, '0')}Z`;
const message = (seq, user_id, text) => ({ seq, user_id, message: text, timestamp: time(seq) });

// A loaded room with one message of the other's; `history` is what the server has, `sent` what the socket was given.
async function room(context) {
  const history = [message(1, 9, 'hello')];
  const sent = [];
  const marks = []; // { timestamp, answer(error) } of each read mark that was sent
  const broken = { with: null }; // an error: no history
  let talk = null;
  const outbox = new Outbox(
    { store: new Store(null, () => {}), name: 'unsent', ackTimeoutMs: 60000 },
    {
      send: (frame) => sent.push(frame) > 0,
      onChange: () => talk?.outgoingChanged(),
      onStored: (record, ack) => talk.stored(record, ack),
      onSilence: () => {},
    },
  );
  talk = new Conversation('user-9', { user_id: 9 }, {
    outbox,
    marks: new ReadMarks(),
    me: () => ME,
    isOnline: () => true,
    findRoom: async () => 12,
    get: async (path, { timestamp = '', before = false }) => {
      if (broken.with) throw broken.with;
      return {
        messages: history.filter((row) => (before ? row.seq === 0 : row.timestamp > timestamp)),
        has_more: timestamp === '', // there is an older one: see `before`
      };
    },
    putReadMark: ({ timestamp }) =>
      new Promise((resolve, reject) => {
        marks.push({ timestamp, answer: (error) => (error ? reject(error) : resolve()) });
      }),
  });
  context.after(() => [talk.end(), outbox.end(true)]);
  await talk.load();
  outbox.online();
  return { talk, outbox, history, sent, marks, broken };
}

const shown = (talk) => [...talk.messages, ...talk.outgoing].map((item) => item.message);
const ack = (sent, seq) => ({ client_msg_id: sent.client_msg_id, chat_room_id: 12, seq, timestamp: time(seq) });

test('the echo comes before the ack, and the other way round', async (context) => {
  const { talk, outbox, sent } = await room(context);
  talk.send('one');
  talk.receive([message(2, ME, 'one')]);
  assert.deepEqual([shown(talk), talk.outgoing.length], [['hello', 'one'], 0]);
  outbox.acknowledged(ack(sent[0], 2));
  talk.send('one');
  assert.deepEqual(shown(talk), ['hello', 'one', 'one']);
  outbox.acknowledged(ack(sent[1], 3));
  talk.receive([message(3, ME, 'one')]);
  assert.deepEqual([shown(talk), talk.outgoing.length], [['hello', 'one', 'one'], 0]);
});

test('the history shows it before its repeat is acknowledged', async (context) => {
  const { talk, outbox, history, sent } = await room(context);
  talk.send('one');
  outbox.offline();
  history.push(message(2, ME, 'one'), message(3, 9, 'heard'));
  await talk.catchUp();
  assert.deepEqual(shown(talk), ['hello', 'one', 'heard']);
  outbox.online();
  assert.equal(sent[1].client_msg_id, sent[0].client_msg_id);
  outbox.acknowledged({ ...ack(sent[1], 2), duplicate: true });
  assert.deepEqual([shown(talk), outbox.list('user-9')], [['hello', 'one', 'heard'], []]);
});

test('the same words from before are not taken for what is on its way', async (context) => {
  const { talk, history } = await room(context);
  talk.receive([message(2, ME, 'ok')]);
  talk.send('ok');
  history.push(message(0, ME, 'ok'));
  await talk.loadOlder();
  assert.deepEqual(shown(talk), ['ok', 'hello', 'ok', 'ok']);
});

test('an ack that is ahead of its time: shown all the while, below what is still missing', async (context) => {
  const { talk, outbox, history, sent } = await room(context);
  talk.send('mine');
  history.push(message(2, 9, 'unheard'), message(3, ME, 'mine'));
  outbox.acknowledged(ack(sent[0], 3));
  assert.deepEqual([shown(talk), talk.outgoing.length], [['hello', 'mine'], 1]);
  await until(() => talk.messages.length === 3, 'the gap is closed');
  assert.deepEqual([shown(talk), talk.outgoing.length], [['hello', 'unheard', 'mine'], 0]);
});

test('one change event a microtask, none without a change', async (context) => {
  const { talk } = await room(context);
  await Promise.resolve();
  let changes = 0;
  talk.addEventListener('change', () => (changes += 1));
  talk.receive([message(1, 9, 'hello')]);
  await Promise.resolve();
  assert.equal(changes, 0);
  talk.receive([message(2, 9, 'a')]);
  talk.receive([message(3, 9, 'b')]);
  await Promise.resolve();
  assert.equal(changes, 1);
});

test('what is read while a read mark is on its way is marked, too', async (context) => {
  const { talk, marks } = await room(context);
  const first = talk.markRead();
  talk.receive([message(2, 9, 'quick')]);
  const second = talk.markRead();
  talk.receive([message(3, 9, 'not seen yet')]);
  marks[0].answer();
  await until(() => marks.length === 2, 'the second mark');
  marks[1].answer();
  await Promise.all([first, second]);
  assert.deepEqual(marks.map((mark) => mark.timestamp), [time(1), time(2)]);
});

test('a read mark that fails is put again', async (context) => {
  const { talk, marks } = await room(context);
  const marking = talk.markRead();
  marks[0].answer(new ParlorError({ code: 'network' }));
  await assert.rejects(marking, { code: 'network' });
  await talk.catchUp();
  marks[1].answer();
  await talk.markRead();
  assert.deepEqual(marks.map((mark) => mark.timestamp), [time(1), time(1)]);
});

test('a loaded conversation that could not be read again mends itself while there is a socket', async (context) => {
  const { talk, history, broken } = await room(context);
  history.push(message(2, 9, 'unheard'));
  broken.with = new ParlorError({ status: 503, code: 'unavailable' });
  await assert.rejects(talk.load(), { code: 'unavailable' });
  broken.with = null;
  await until(() => talk.messages.length === 2, 'read again');
});
