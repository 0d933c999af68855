// The state under the page (web/state), which needs no browser:   node --test tests/browser/state.test.mjs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyState, reduce, withPreview } from '../../web/state/events.js';
import { authorName, conversations, sections, unreadTotal } from '../../web/state/list.js';
import { formatRoute, keyRoute, parseRoute, placeFor, routeKey } from '../../web/state/route.js';
import { Store } from '../../web/state/store.js';
import { byteLength, folded, initials, isEmojiOnly, linkParts } from '../../web/state/text.js';
import { buildBlocks, firstUnreadSeq, waitingSince } from '../../web/state/timeline.js';
import { texts } from '../../web/texts.js';
import { activityText } from '../../web/views/activities.js';

const at = (minute, day = 22) => new Date(Date.UTC(2026, 10, day, 12, minute)).toISOString();
const message = (seq, user_id, minute = seq, day = 22) => ({
  seq,
  user_id,
  message: `no. ${seq}`,
  timestamp: at(minute, day),
});
const frame = (type, fields) => ({ type, ...fields });
const roomFrame = (seq, user_id, other_user_id) =>
  frame('room_chat_message', {
    seq,
    user_id,
    other_user_id,
    chat_room_id: 12,
    message: `no. ${seq}`,
    timestamp: at(seq),
  });

const ada = { user_id: 7, first_name: 'Ada', last_name: 'Lovelace', online: true };
const bob = { user_id: 9, first_name: 'Bob', last_name: 'Byron', online: false };
const engines = {
  chat_group_id: 21,
  name: 'Engines',
  owner_id: 7,
  members: 2,
  is_member: true,
  last_timestamp: at(1),
  last_seq: 3,
  unread: 0,
};
const known = {
  ...emptyState,
  userId: 7,
  people: new Map([
    [7, ada],
    [9, bob],
  ]),
  groups: new Map([[21, engines]]),
};
const rows = (input) =>
  buildBlocks([], { me: 7, firstUnreadSeq: 0, activities: [], ...input }).flatMap((block) => block.rows);

test('a message makes the room, counts once, and my own ends the counting', () => {
  const one = reduce(known, roomFrame(1, 9, 7));
  assert.equal(one.rooms.get(9).unread, 1);
  assert.equal(reduce(one, roomFrame(1, 9, 7)), one);
  assert.equal(reduce(one, roomFrame(2, 7, 9)).rooms.get(9).unread, 0);
  assert.equal(unreadTotal(one), 1);
});

test('an older read mark does not undo a newer message', () => {
  const two = reduce(reduce(known, roomFrame(1, 9, 7)), roomFrame(5, 9, 7));
  assert.equal(reduce(two, frame('notification_update', { chat_room_id: 12, unread: 0, timestamp: at(1) })), two);
  assert.equal(
    reduce(two, frame('notification_update', { chat_room_id: 12, unread: 0, timestamp: at(5) })).rooms.get(9).unread,
    0,
  );
});

test('nor does it in a group', () => {
  const said = { seq: 4, user_id: 9, chat_group_id: 21, message: 'x', timestamp: at(5) };
  const one = reduce(known, frame('group_chat_message', said));
  assert.equal(reduce(one, frame('notification_update', { chat_group_id: 21, unread: 0, timestamp: at(1) })), one);
  const away = reduce(one, frame('notification_update', { chat_group_id: 21, unread: 3, timestamp: at(7) }));
  assert.deepEqual([away.groups.get(21).unread, away.groups.get(21).last_timestamp], [3, at(7)]);
});

test('who enters a group for the first time becomes a member, who leaves stays one', () => {
  const listed = { ...known, members: new Map([[21, new Map([[7, { ...ada, present: true }]])]]) };
  const enters = frame('group_chat_activitity', {
    chat_group_id: 21,
    user_id: 9,
    is_enter: true,
    message: 'the words of the server',
  });
  const entered = reduce(listed, enters);
  assert.equal(entered.members.get(21).get(9).present, true);
  assert.equal(entered.groups.get(21).members, 3);
  const [line] = entered.activities.get('group-21');
  assert.deepEqual([line.afterSeq, line.user_id, line.is_enter], [3, 9, true]);
  assert.equal(reduce(listed, { ...enters, user_id: 7 }).activities.size, 0);
  const left = reduce(entered, { ...enters, is_enter: false });
  assert.equal(left.members.get(21).get(9).present, false);
  assert.equal(left.groups.get(21).members, 3);
});

test('who is removed is no member, and that is counted once', () => {
  const removed = reduce(known, frame('group_member_removed', { chat_group_id: 21, user_id: 7 }));
  assert.deepEqual([removed.groups.get(21).is_member, removed.groups.get(21).members], [false, 1]);
  assert.equal(reduce(removed, frame('group_member_removed', { chat_group_id: 21, user_id: 7 })), removed);
});

test('a new name reaches the list, my profile and the members', () => {
  const state = { ...known, me: { ...ada }, members: new Map([[21, new Map([[7, { ...ada, present: true }]])]]) };
  const next = reduce(state, frame('user_update', { user_id: 7, first_name: 'Augusta', last_name: 'King' }));
  assert.deepEqual(
    [next.me.first_name, next.people.get(7).last_name, next.members.get(21).get(7).first_name],
    ['Augusta', 'King', 'Augusta'],
  );
  assert.notEqual(next.namesAt, state.namesAt);
});

test('the list quotes a message only beside its own time', () => {
  const quoted = (state) => conversations(state).find((item) => item.key === 'group-21').preview?.message;
  const said = { seq: 4, user_id: 9, chat_group_id: 21, message: 'old words', timestamp: at(5) };
  const one = reduce(known, frame('group_chat_message', said));
  assert.equal(quoted(one), 'old words');
  const told = reduce(one, frame('notification_update', { chat_group_id: 21, unread: 2, timestamp: at(7) }));
  assert.equal(quoted(told), undefined);
});

test('the list has the newest conversation first, and nobody twice', () => {
  const state = reduce(known, roomFrame(2, 9, 7));
  assert.deepEqual(
    conversations(state).map((item) => item.key),
    ['user-9', 'group-21', 'bot'],
  );
  assert.deepEqual(
    sections(state, 'all', '').map((section) => section.name),
    ['conversations'],
  );
  assert.deepEqual(
    sections(known, 'all', 'BYR')[0].items.map((item) => item.name),
    ['Bob Byron'],
  );
});

test('day marks, the unread line and heads stand where they belong', () => {
  const messages = [message(1, 9, 1, 21), message(2, 9, 5), message(3, 9, 5), message(4, 9, 5), message(5, 7, 6)];
  assert.deepEqual(
    rows({ messages, firstUnreadSeq: 4 }).map((row) => row.kind + (row.head ? '!' : '')),
    ['day', 'message!', 'day', 'message!', 'message', 'unread', 'message!', 'message!'],
  );
});

test('an activity stands behind the message that it came after', () => {
  const activities = [
    { id: 1, afterSeq: 1, text: 'x', timestamp: at(1) },
    { id: 2, afterSeq: 0, text: 'y', timestamp: at(1) },
  ];
  const kinds = (list) => rows({ messages: [message(1, 9), message(2, 9)], activities: list }).map((row) => row.kind);
  assert.deepEqual(kinds([activities[0]]), ['day', 'message', 'activity', 'message']);
  assert.deepEqual(
    rows({ messages: [], activities: [activities[1]] }).map((row) => row.kind),
    ['activity'],
  );
});

test('blocks that are as before are the same objects', () => {
  const messages = Array.from({ length: 250 }, (_, i) => message(i + 1, 9, 0));
  const input = { messages, me: 7, firstUnreadSeq: 0, activities: [] };
  const before = buildBlocks([], input);
  const after = buildBlocks(before, { ...input, messages: [...messages, message(251, 7, 0)] });
  assert.deepEqual(
    after.map((block, i) => block === before[i]),
    [true, true, false],
  );
});

test('the unread are counted back from the newest at opening', () => {
  const messages = [message(1, 9), message(2, 7), message(3, 9), message(4, 9), message(5, 9)];
  assert.equal(firstUnreadSeq(messages, 2, 4, 7), 3);
  assert.equal(firstUnreadSeq(messages, 9, 5, 7), 0);
  const newest = Array.from({ length: 100 }, (_, i) => message(4901 + i, 9, 0));
  assert.equal(firstUnreadSeq(newest, 1000, 5000, 7), 4001, 'also above what is loaded');
});

test('activity lines name people as they are called now', () => {
  const joined = { user_id: 9, is_enter: true, kind: 'activity' };
  assert.equal(activityText(joined, known), texts.group.moved.entered('Bob Byron'));
  const renamed = reduce(known, frame('user_update', { user_id: 9, first_name: 'Robert', last_name: 'Byron' }));
  assert.equal(activityText(joined, renamed), texts.group.moved.entered('Robert Byron'));
  assert.equal(activityText({ ...joined, is_enter: undefined }, renamed), texts.group.isOut('Robert Byron'));
  assert.equal(activityText({ kind: 'activity', user_id: 7 }, known), texts.group.youAreOut);
});

test('a removed message is not quoted any more, and its row is drawn anew', () => {
  const said = { seq: 4, user_id: 9, chat_group_id: 21, message: 'regrettable', timestamp: at(5) };
  const one = reduce(known, frame('group_chat_message', said));
  const removal = frame('message_removed', { chat_type: 'group', chat_group_id: 21, seq: 4, timestamp: at(5) });
  const { message: text, removed } = reduce(one, removal).previews.get('group-21');
  assert.deepEqual([text, removed], ['', true]);
  assert.equal(reduce(one, { ...removal, seq: 3 }), one);
  const again = withPreview(reduce(one, removal), 'group-21', said);
  assert.equal(again.previews.get('group-21').message, '', 'an older answer does not bring it back');
  const input = { messages: [message(1, 9), message(2, 9), message(3, 9)], me: 7, firstUnreadSeq: 0, activities: [] };
  const before = buildBlocks([], input);
  const messages = input.messages.map((each) => (each.seq === 2 ? { ...each, message: '', removed: true } : each));
  assert.notEqual(buildBlocks(before, { ...input, messages })[0], before[0]);
});

test('a removed group is gone from everything but its name', () => {
  const state = { ...known, members: new Map([[21, new Map([[7, ada]])]]) };
  const next = reduce(state, frame('group_removed', { chat_group_id: 21 }));
  assert.deepEqual([next.groups.size, next.members.size, next.removedGroups.get(21)], [0, 0, 'Engines']);
  assert.equal(reduce(next, frame('group_removed', { chat_group_id: 21 })), next);
});

test('an erased user is nobody in no list, and a deleted one in old messages', () => {
  const room = { chat_room_id: 12, other_user_id: 9, last_timestamp: at(1), last_seq: 1, unread: 0 };
  const state = {
    ...known,
    loaded: { people: true, rooms: true, groups: true },
    rooms: new Map([[9, room]]),
    members: new Map([[21, new Map([[7, ada], [9, bob]])]]),
  };
  const next = reduce(state, frame('user_removed', { user_id: 9 }));
  assert.deepEqual([next.people.has(9), next.members.get(21).has(9), next.groups.get(21).members], [false, false, 1]);
  assert.notEqual(next.namesAt, state.namesAt);
  assert.equal(authorName(next, 9), texts.deletedUser);
  assert.equal(conversations(next).find((item) => item.key === 'user-9').name, texts.deletedUser);
  assert.equal(authorName({ ...next, loaded: known.loaded }, 9), texts.somebody, 'not before the list is there');
});

test('the bot owes an answer until it has given as many as were asked', () => {
  assert.equal(waitingSince([message(1, 7), message(2, 0)], []), null);
  assert.equal(waitingSince([message(1, 7), message(2, 7), message(3, 0)], []), at(1));
  assert.equal(waitingSince([], [{ state: 'pending', created_at: at(3) }]), at(3));
});

test('only http and https are links, and what is around them is not', () => {
  const hrefs = (text) =>
    linkParts(text)
      .filter((part) => part.href)
      .map((part) => part.href);
  assert.deepEqual(hrefs('see (https://example.org/a_(b)), or http://x.org/?q=1.'), [
    'https://example.org/a_(b)',
    'http://x.org/?q=1',
  ]);
  assert.deepEqual(hrefs('javascript:alert(1) data:text/html,x ftp://x.org https:// https://"><script>'), []);
  for (const text of ['a https://b.org c', 'https://b.org', '<b>', ''])
    assert.equal(
      linkParts(text)
        .map((part) => part.text)
        .join(''),
      text,
    );
});

test('long messages fold, short ones and small overhangs do not', () => {
  assert.equal(folded('short'), null);
  assert.ok(folded('word '.repeat(2000)).length <= 1400);
  assert.equal(folded(Array(40).fill('line').join('\n')).split('\n').length, 18);
  assert.equal(byteLength('é'.repeat(8001)), 16002);
});

test('initials and emoji', () => {
  assert.deepEqual(
    [initials('Ada Lovelace'), initials('engines'), initials('🙂'), initials('Émile du Châtelet')],
    ['AL', 'En', '?', 'ÉC'],
  );
  assert.deepEqual([isEmojiOnly('👩‍💻 👍🏽'), isEmojiOnly('1'), isEmojiOnly('ok 🙂')], [true, false, false]);
});

test('routes go both ways, and nonsense is the start page', () => {
  for (const hash of ['#/user/9', '#/group/21', '#/bot', '#/profile', '#/'])
    assert.equal(formatRoute(parseRoute(hash)), hash);
  for (const hash of ['#/user/0', '#/user/x', '#/nothing', '#/bot/1', '#/user/9/9'])
    assert.equal(parseRoute(hash).view, 'home');
  for (const key of ['user-9', 'group-21', 'bot']) assert.equal(routeKey(keyRoute(key)), key);
});

test('what somebody had open is not where another person lands', () => {
  const route = parseRoute('#/user/9');
  assert.equal(placeFor({ route, userId: 7 }, 7), route);
  assert.equal(placeFor({ route, userId: 7 }, 8).view, 'home');
  assert.equal(placeFor({ route, userId: null }, 8), route);
  assert.equal(placeFor(null, 8).view, 'home');
});

class FakeClient extends EventTarget {
  connection = 'signed-out';
  retryAt = null;
  userId = null;
  calls = [];
  unsent = new Map();
  answers = {
    users: [ada, bob],
    rooms: [],
    groups: [engines],
    profile: { ...ada },
    notifications: [],
    members: [{ ...ada, present: true }],
    newestWithBot: null,
  };

  resume() {
    [this.userId, this.connection] = [7, 'connecting'];
    return true;
  }

  async logout() {
    this.connection = 'signed-out';
  }

  say(type, detail) {
    this.dispatchEvent(Object.assign(new Event(type), { detail }));
  }

  online() {
    this.connection = 'online';
    this.say('connection');
  }

  conversation = () => this.talk;
  talk = { messages: [], outgoing: [], load: async () => {}, markRead: async () => {} };
}
const LISTS = ['users', 'rooms', 'groups', 'profile', 'notifications', 'newestWithBot'];
for (const name of [...LISTS, 'members', 'enter', 'leave']) {
  FakeClient.prototype[name] = async function call(id) {
    this.calls.push(id === undefined ? name : `${name} ${id}`);
    return this.answers[name];
  };
}

async function until(condition) {
  for (const end = Date.now() + 2000; !condition();) {
    if (Date.now() > end) throw new Error(`never: ${condition}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

test('what is heard while a list is on its way is not lost', async () => {
  const client = new FakeClient();
  let answer;
  client.users = () =>
    new Promise((done) => {
      answer = done;
    });
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => answer);
  client.say('user_activity', { user_id: 9, login: true });
  answer([ada, bob]);
  await until(() => store.state.loaded.people);
  assert.equal(store.state.people.get(9).online, true);
});

test('of two requests for one list the later one counts, whichever is answered first', async () => {
  const client = new FakeClient();
  for (const name of ['users', 'members']) {
    const asked = [];
    client[name] = () => new Promise((done, fail) => asked.push({ done, fail }));
    client[name].asked = asked;
  }
  const store = new Store(client);
  store.resume();
  client.online();
  const { asked } = client.users;
  await until(() => asked.length === 1);
  store.fetchLists();
  store.fetchLists();
  asked[1].done([ada, bob]);
  await until(() => store.state.loaded.people);
  asked[0].done([ada]);
  asked[2].fail(noAnswer());
  await until(() => store.state.failed?.people);
  assert.equal(store.state.people.size, 2, 'the older answer came too late');
  const members = client.members.asked;
  [0, 1].forEach(() => store.fetchMembers(21));
  members[1].done([ada, bob]);
  await until(() => store.state.members.has(21));
  members[0].done([ada]);
  await new Promise((done) => setTimeout(done, 5));
  assert.equal(store.state.members.get(21).size, 2);
  await store.logout();
});

test('an older request that fails says nothing while a later one is on its way', async () => {
  const client = new FakeClient();
  const asked = [];
  client.users = () => new Promise((done, fail) => asked.push({ done, fail }));
  client.giveUpReading = () => asked[0].fail(noAnswer());
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => asked.length === 1);
  store.hurry();
  assert.equal(asked.length, 2);
  asked[1].done([ada, bob]);
  await until(() => store.state.loaded.people);
  assert.equal(store.state.failed, null);
  await store.logout();
});

const noAnswer = () => Object.assign(new Error('no answer'), { code: 'network', passing: true });

test('a list that gets no answer while the socket is well is asked for again', async () => {
  const client = new FakeClient();
  let isBroken = true;
  for (const name of ['users', 'profile', 'members']) {
    const well = client[name];
    client[name] = (id) => (isBroken ? Promise.reject(noAnswer()) : well.call(client, id));
  }
  const store = new Store(client);
  store.resume();
  store.open('group-21');
  client.online();
  await until(() => store.state.failed?.people && store.state.failed.me && store.state.loaded.groups);
  assert.equal(store.state.failed.groups, undefined);
  isBroken = false;
  await until(() => store.state.loaded.people && store.state.me && store.state.members.has(21));
  assert.equal(store.state.failed, null);
  await store.logout();
});

test('what is refused is not asked for again', async () => {
  const client = new FakeClient();
  let asked = 0;
  client.users = () => Promise.reject(Object.assign(new Error('no'), { code: 'forbidden', passing: ++asked < 0 }));
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => store.state.failed?.people);
  await new Promise((done) => setTimeout(done, 1100));
  assert.equal(asked, 1);
  await store.logout();
});

test('what comes while a read mark is on its way stays unread', async () => {
  const client = new FakeClient();
  client.answers.rooms = [{ chat_room_id: 12, other_user_id: 9, last_timestamp: at(1), last_seq: 1, unread: 1 }];
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => store.state.loaded.rooms);
  client.talk.messages = [message(1, 9)];
  let answer;
  client.talk.markRead = () => new Promise((done) => (answer = done));
  const hear = (seq) => {
    client.talk.messages = [...client.talk.messages, message(seq, 9)];
    client.say('room_chat_message', roomFrame(seq, 9, 7));
  };
  const marking = store.markRead('user-9');
  hear(2);
  answer();
  await marking;
  assert.equal(store.state.rooms.get(9).unread, 1);
  const again = store.markRead('user-9');
  answer();
  await again;
  assert.equal(store.state.rooms.get(9).unread, 0);
});

test('what happens in a group stands below the messages that were read from its history', async () => {
  const client = new FakeClient();
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => store.state.loaded.groups);
  client.talk.messages = [4, 5].map((seq) => message(seq, 9));
  client.say('group_chat_activitity', { chat_group_id: 21, user_id: 9, is_enter: true, message: 'x' });
  assert.equal(store.state.activities.get('group-21')[0].afterSeq, 5);
  store.noteNewest('group-21', message(5, 9));
  const { last_seq, last_timestamp, unread } = store.state.groups.get(21);
  assert.deepEqual([last_seq, last_timestamp, unread], [5, at(5), 2]);
  client.talk.messages = [...client.talk.messages, message(6, 7), message(7, 9)];
  store.noteNewest('group-21', message(7, 9));
  assert.equal(store.state.groups.get(21).unread, 1);
  client.say('notification_update', { chat_group_id: 21, unread: 2, timestamp: at(9) });
  client.talk.messages = [...client.talk.messages, message(8, 9)];
  store.noteNewest('group-21', message(8, 9));
  const now = store.state.groups.get(21);
  assert.deepEqual([now.last_seq, now.last_timestamp, now.unread], [8, at(9), 2]);
});

test('what is unsent counts and is listed, with whomever it is', async () => {
  const client = new FakeClient();
  client.answers.groups = [{ ...engines, is_member: false }];
  client.unsent.set('group-21', { pending: 0, failed: 1, newest: at(3) });
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => store.state.loaded.people && store.state.loaded.groups);
  client.unsent = new Map(client.unsent).set('user-9', { pending: 2, failed: 0, newest: at(4) });
  client.say('unsent');
  assert.equal(store.unsent(), 3);
  assert.deepEqual(
    sections(store.state, 'all', '').map(({ name, items }) => [name, items.map((item) => item.key)]),
    [['conversations', ['user-9', 'group-21', 'bot']]],
  );
  const [toBob, toGroup] = conversations(store.state);
  assert.deepEqual([toBob.name, toBob.pending, toBob.timestamp], ['Bob Byron', 2, at(4)]);
  assert.deepEqual([toGroup.name, toGroup.failed, toGroup.isMember], ['Engines', 1, false]);
});

test('the bot has its last message after a reload', async () => {
  const client = new FakeClient();
  client.answers.newestWithBot = message(8, 0);
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => store.state.loaded.bot);
  const bot = conversations(store.state).find((item) => item.kind === 'bot');
  assert.deepEqual([bot.timestamp, bot.preview.message, bot.unread], [at(8), 'no. 8', 0]);
});

test('everything is marked as read by one request each, four at a time', async () => {
  const client = new FakeClient();
  const ids = Array.from({ length: 6 }, (_, i) => i + 1);
  const room = { last_seq: 1, last_timestamp: at(1), unread: 1 };
  client.answers.rooms = ids.map((id) => ({ ...room, chat_room_id: 100 + id, other_user_id: 10 + id }));
  client.conversation = () => assert.fail('nothing is loaded for that');
  const asked = [];
  client.markRead = ({ chat_room_id }) => new Promise((done, fail) => asked.push({ chat_room_id, done, fail }));
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => store.state.loaded.rooms);
  const marking = store.markAllRead(ids.map((id) => `user-${10 + id}`));
  assert.deepEqual([asked.length, asked[0].chat_room_id], [4, 101]);
  client.say('room_chat_message', { ...roomFrame(2, 11, 7), chat_room_id: 101 });
  asked[1].fail(noAnswer());
  for (let i = 0; i < 6; i += 1) {
    await until(() => asked[i]);
    asked[i].done();
  }
  await assert.rejects(marking, { code: 'network' });
  assert.deepEqual(
    ids.map((id) => store.state.rooms.get(10 + id).unread),
    [1, 1, 0, 0, 0, 0],
  );
});

test('opening a group of mine enters it, closing leaves it; one of others is only looked at', async () => {
  const client = new FakeClient();
  client.answers.groups = [engines, { ...engines, chat_group_id: 22, is_member: false }];
  const store = new Store(client);
  store.resume();
  store.open('group-21');
  client.online();
  await until(() => client.calls.includes('enter 21'));
  store.open('group-22');
  await until(() => client.calls.includes('leave 21') && client.calls.includes('members 22'));
  assert.ok(!client.calls.includes('enter 22'));
});

test('when the session ends, nothing of it stays', async () => {
  const client = new FakeClient();
  const store = new Store(client);
  store.resume();
  client.online();
  await until(() => store.state.loaded.people);
  client.connection = 'signed-out';
  client.say('connection');
  client.say('ended', { code: 4403 });
  assert.deepEqual([store.state.people.size, store.state.ended, store.state.connection], [0, 4403, 'signed-out']);
  assert.deepEqual([store.state.userId, store.state.formerUserId], [null, 7]);
  await store.logout();
  assert.equal(store.state.formerUserId, null);
});

test('after the session nothing is asked for, and no answer reaches the next person', async () => {
  const client = new FakeClient();
  const store = new Store(client);
  const passing = Object.assign(new Error('no answer'), { passing: true });
  client.rooms = async () => {
    client.calls.push('rooms');
    throw passing;
  };
  let answer;
  client.members = () => new Promise((resolve) => (answer = resolve));
  store.resume();
  client.online();
  await until(() => store.state.failed?.rooms);
  const asking = store.fetchMembers(21);
  [client.userId, client.connection] = [null, 'signed-out'];
  client.say('ended', { code: 4403 });
  const asked = client.calls.length;
  await new Promise((done) => setTimeout(done, 1300)); // the first retry comes within a second
  assert.equal(client.calls.length, asked);
  client.resume();
  client.userId = 9;
  answer([{ ...ada, present: true }]);
  await asking;
  assert.equal(store.state.members.size, 0);
});
