// Which groups a person is in follows what the tabs show: presence without a server, the tabs in one process.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ParlorError } from '../../web/client/http.js';
import { Presence } from '../../web/client/presence.js';
import { Store } from '../../web/client/store.js';
import { Tabs } from '../../web/client/tabs.js';
import { pause, until } from './support/waiting.mjs';
import { TabStorage } from './support/people.mjs';

// Hears what the others of the same name say, later.
class Channel {
  static all = new Set();
  constructor(name) {
    this.name = name;
    Channel.all.add(this);
  }
  postMessage(data) {
    for (const other of Channel.all)
      if (other !== this && other.name === this.name) setTimeout(() => other.onmessage({ data }), 1);
  }
  close() {
    Channel.all.delete(this);
  }
}

// `posts` is what the server was told; `broken.with` an error that it answers; `member` the groups that it says the user
// is in (all that were entered).
function tab(context, { storage = new TabStorage(), user = 7, member = null } = {}) {
  const [posts, broken] = [[], { with: null }];
  const presence = new Presence(
    { store: new Store(storage, () => {}), name: 'entered', tabs: (own) => new Tabs(Channel, `parlor.${user}`, own) },
    {
      post: async (id, is_enter) => {
        if (broken.with) throw broken.with;
        posts.push(is_enter ? id : -id);
      },
      memberOf: async () => {
        if (broken.with) throw broken.with;
        return new Set(member ?? [...posts].filter((id) => id > 0));
      },
      onRemoved: (id) => posts.push(`removed ${id}`),
      onAnswered: () => {},
      isOnline: () => true,
    },
  );
  context.after(() => presence.end(true));
  return { presence, posts, broken };
}

test('a group is left when no tab shows it', async (context) => {
  const [one, two, else_] = [tab(context), tab(context), tab(context, { user: 8 })];
  for (const { presence } of [one, two, else_]) await presence.enter(21);
  await one.presence.leave(21);
  assert.deepEqual(one.posts, [21]);
  await two.presence.leave(21);
  assert.deepEqual(two.posts, [21, -21]);
});

test('who is entered again while the others are asked stays', async (context) => {
  const { presence, posts } = tab(context);
  await presence.enter(21);
  const leaving = presence.leave(21);
  await pause(20);
  await Promise.all([presence.enter(21), leaving]);
  assert.deepEqual(posts, [21, 21]);
});

test('who answered too late enters again', async (context) => {
  const [one, two] = [tab(context), tab(context)];
  await two.presence.enter(21);
  const [, asleep] = [...Channel.all].filter((channel) => channel.name === 'parlor.7');
  const { onmessage } = asleep;
  asleep.onmessage = (event) => setTimeout(() => onmessage(event), 300);
  await one.presence.leave(21);
  assert.deepEqual(one.posts, [-21]);
  await until(() => two.posts.length === 2, 'entered again');
});

test('a leaving that fails is repeated, also after a reload', async (context) => {
  const storage = new TabStorage();
  const first = tab(context, { storage });
  await first.presence.enter(21);
  first.broken.with = new ParlorError({ code: 'network' });
  await assert.rejects(first.presence.leave(21), { code: 'network' });
  const reloaded = tab(context, { storage });
  reloaded.presence.settle();
  await until(() => reloaded.posts.length === 1, 'left after the reload');
  first.broken.with = null;
  await until(() => first.posts.length === 2, 'left');
  assert.deepEqual([first.posts, reloaded.posts], [[21, -21], [-21]]);
});

test('who was put out of a group while away does not enter it again', async (context) => {
  const storage = new TabStorage();
  const first = tab(context, { storage, member: [22] });
  await first.presence.enter(21);
  await first.presence.enter(22);
  first.presence.settle();
  await until(() => first.posts.length === 4, 'settled');
  assert.deepEqual(first.posts, [21, 22, 'removed 21', 22]);
  const reloaded = tab(context, { storage, member: [] });
  reloaded.presence.settle();
  await until(() => reloaded.posts.length === 1, 'settled after the reload');
  assert.deepEqual(reloaded.posts, ['removed 22']);
});

test('a group that could not be joined is joined later', async (context) => {
  const { presence, posts, broken } = tab(context, { member: [] });
  broken.with = new ParlorError({ code: 'network' });
  await assert.rejects(presence.enter(21), { code: 'network' });
  broken.with = null;
  await until(() => posts.length === 1, 'joined');
  assert.deepEqual(posts, [21]);
});

test('what is refused is not tried again, and nothing remains', async (context) => {
  const storage = new TabStorage();
  const { presence, broken } = tab(context, { storage });
  broken.with = new ParlorError({ status: 404, code: 'not_found' });
  await assert.rejects(presence.leave(21), { code: 'not_found' });
  assert.deepEqual(storage.names, []);
});
