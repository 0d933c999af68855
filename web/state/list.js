// What the left column shows: one list of conversations, and whom else one could talk to. Pure; used by the views.

import { keyRoute } from './route.js';
import { folding, fullName } from './text.js';
import { texts } from '../texts.js';

export const FILTERS = ['all', 'unread', 'people', 'groups'];

/**
 * Rooms, groups of mine, the bot, and whatever else has something unsent, as equal entries; what is newest comes first,
 * the bot last while unused. `pending`, `failed`: how many messages of mine are on their way, or were refused.
 */
export function conversations(state) {
  const items = [];
  for (const room of state.rooms.values()) items.push(roomItem(state, room));
  for (const group of state.groups.values()) if (group.is_member) items.push(groupItem(state, group));
  items.push(botItem(state));
  if (state.unsent.size === 0) return items.sort(byActivity);
  const inList = new Set(items.map((item) => item.key));
  for (const key of state.unsent.keys()) if (!inList.has(key)) items.push(unsentItem(state, key));
  return items.map((item) => withUnsent(state, item)).sort(byActivity);
}

/** Somebody one has not talked with yet, or a group that one has left: what was written there must not be lost. */
function unsentItem(state, key) {
  const { view, id } = keyRoute(key);
  const group = view === 'group' && state.groups.get(id);
  const item = group ? groupItem(state, group) : view === 'group' ? unknownItem(view, id, '') : userItem(state, id);
  return { ...item, unread: 0, timestamp: state.unsent.get(key).newest, preview: undefined };
}

function withUnsent(state, item) {
  const counts = state.unsent.get(item.key);
  return counts ? { ...item, pending: counts.pending, failed: counts.failed } : item;
}

/** The words belong to the time beside them: of a message that only a notification told of there are none. */
function previewOf(state, key, timestamp) {
  const preview = state.previews.get(key);
  return preview?.timestamp === timestamp ? preview : undefined;
}

const byActivity = (a, b) =>
  (b.timestamp ?? '').localeCompare(a.timestamp ?? '') ||
  Number(a.kind === 'bot') - Number(b.kind === 'bot') ||
  byName(a, b);
const collator = new Intl.Collator(texts.locale);
const byName = (a, b) => collator.compare(a.name, b.name) || a.id - b.id;

function roomItem(state, room) {
  return {
    ...userItem(state, room.other_user_id),
    unread: room.unread,
    timestamp: room.last_timestamp,
    preview: previewOf(state, `user-${room.other_user_id}`, room.last_timestamp),
  };
}

function userItem(state, id) {
  const user = state.people.get(id);
  return user ? personItem(user) : unknownItem('user', id, authorName(state, id));
}

const unknownItem = (kind, id, name) => ({
  kind,
  id,
  key: `${kind}-${id}`,
  name: name || texts.somebody,
  online: false,
  unread: 0,
  timestamp: null,
});

function personItem(user) {
  const key = `user-${user.user_id}`;
  return {
    kind: 'user',
    id: user.user_id,
    key,
    name: fullName(user),
    online: user.online,
    unread: 0,
    timestamp: null,
  };
}

export function groupItem(state, group) {
  const key = `group-${group.chat_group_id}`;
  return {
    kind: 'group',
    id: group.chat_group_id,
    key,
    name: group.name,
    members: group.members,
    isMember: group.is_member,
    unread: group.unread,
    timestamp: group.last_timestamp,
    preview: previewOf(state, key, group.last_timestamp),
  };
}

function botItem(state) {
  return {
    kind: 'bot',
    id: 0,
    key: 'bot',
    name: texts.bot.name,
    unread: state.bot.unread,
    timestamp: state.bot.timestamp,
    preview: previewOf(state, 'bot', state.bot.timestamp),
  };
}

const sortedPeople = new WeakMap(); // by the Map of people: sorting thousands is worth remembering

/** Everybody but me: who is online first, then by name. */
export function people(state) {
  if (!sortedPeople.has(state.people)) {
    const items = [...state.people.values()].map(personItem);
    sortedPeople.set(
      state.people,
      items.sort((a, b) => Number(b.online) - Number(a.online) || byName(a, b)),
    );
  }
  return sortedPeople.get(state.people).filter((item) => item.id !== state.userId);
}

export function groups(state) {
  return [...state.groups.values()].map((group) => groupItem(state, group)).sort(byName);
}

const PEOPLE_SHOWN = 40;
const GROUPS_SHOWN = 12;
const FOUND_SHOWN = 100;

/**
 * [{ name, items, more }]; `more`: how many were left out. Sections without items are left out. `keptKey`: stays among
 * the unread though it is read.
 */
export function sections(state, filter, query, keptKey = null) {
  const wanted = query.trim() ? found(state, folding(query.trim())) : filtered(state, filter, keptKey);
  return wanted.filter((section) => section.items.length > 0);
}

function filtered(state, filter, keptKey) {
  const mine = conversations(state);
  if (filter === 'unread')
    return [
      section(
        'unread',
        mine.filter((item) => item.unread > 0 || item.key === keptKey),
      ),
    ];
  const isShown = { all: () => true, people: (item) => item.kind === 'user', groups: (item) => item.kind === 'group' }[
    filter
  ];
  const list = [section('conversations', mine.filter(isShown))];
  const inList = new Set(mine.map((item) => item.key));
  if (filter !== 'groups')
    list.push(
      section(
        'people',
        people(state).filter((item) => !inList.has(item.key)),
        PEOPLE_SHOWN,
      ),
    );
  if (filter !== 'people')
    list.push(
      section(
        'otherGroups',
        groups(state).filter((item) => !item.isMember && !inList.has(item.key)),
        GROUPS_SHOWN,
      ),
    );
  return list;
}

function found(state, query) {
  const isFound = (item) => folding(item.name).includes(query);
  const mine = conversations(state).filter(isFound);
  const inList = new Set(mine.map((item) => item.key));
  const isOther = (item) => isFound(item) && !inList.has(item.key);
  return [
    section('conversations', mine, FOUND_SHOWN),
    section('people', people(state).filter(isOther), FOUND_SHOWN),
    section('otherGroups', groups(state).filter(isOther), FOUND_SHOWN),
  ];
}

const section = (name, items, shown = Infinity) => ({
  name,
  items: items.slice(0, shown),
  more: Math.max(0, items.length - shown),
});

export const unreadTotal = (state) => {
  let total = state.bot.unread;
  for (const room of state.rooms.values()) total += room.unread;
  for (const group of state.groups.values()) if (group.is_member) total += group.unread;
  return total;
};

/** The panel beside a group: its owner, then who is present, online, and the rest. */
export function sortedMembers(members, ownerId) {
  const rank = (member) => (member.user_id === ownerId ? 0 : member.present ? 1 : member.online ? 2 : 3);
  return [...members].sort((a, b) => rank(a) - rank(b) || collator.compare(fullName(a), fullName(b)));
}

/** Who is no user any more; not asked before there is a list of users. */
export const isDeleted = (state, user_id) => user_id > 0 && state.loaded.people && !state.people.has(user_id);

/** Who wrote a message; 0 is the bot. */
export function authorName(state, user_id) {
  if (user_id === 0) return texts.bot.name;
  if (state.people.has(user_id)) return fullName(state.people.get(user_id));
  return isDeleted(state, user_id) ? texts.deletedUser : texts.somebody;
}
