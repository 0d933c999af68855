// How the protocol's frames change what the page knows. Pure: (state, frame) => state, the same object if nothing
// changed. Used by state/store.js, which holds the state.
//
// Counting is guarded by `seq`, so a frame that comes again, or that a list fetched meanwhile already contains,
// changes nothing.

export const emptyState = Object.freeze({
  connection: 'signed-out',
  retryAt: null,
  ended: null,
  failed: null, // { people: error, … }: lists whose last request failed
  userId: null,
  formerUserId: null, // whose session has `ended`
  me: null,
  people: new Map(), // user_id -> User
  namesAt: 0, // changes when a name may have: who shows thousands of names looks at this
  rooms: new Map(), // the other's user_id -> Room
  groups: new Map(), // chat_group_id -> Group
  members: new Map(), // chat_group_id -> Map(user_id -> Member), for groups that were opened
  lastWriters: new Map(), // key -> user_id, from /notifications
  removedGroups: new Map(), // chat_group_id -> its last name, since the page was opened
  // key -> [{ id, afterSeq, user_id, is_enter, timestamp }]: heard since the page was opened, but for one's own coming
  // and going. Without is_enter it is about who is no longer a member. Who that is called what is for the view to say.
  activities: new Map(),
  previews: new Map(), // key -> { seq, user_id, message, timestamp, removed }: the newest message that was seen
  unsent: new Map(), // key -> { pending, failed, newest }: messages of mine that are not acknowledged
  bot: { timestamp: null, unread: 0, lastSeq: 0 },
  loaded: Object.freeze({ people: false, rooms: false, groups: false }),
  openKey: null, // the conversation on the screen
  readingKey: null, // the same, if one looks at the end of it: what comes there is read as it comes
});

const MOST_ACTIVITIES = 200;

const put = (map, key, value) => new Map(map).set(key, value);
const change = (map, key, difference) => (map.has(key) ? put(map, key, { ...map.get(key), ...difference }) : map);
function without(map, key) {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

const reducers = {
  user_update(state, { user_id, first_name, last_name }) {
    const known = state.people.get(user_id);
    const names = { first_name, last_name };
    const me = state.me && user_id === state.userId ? { ...state.me, ...names } : state.me;
    const people = put(state.people, user_id, known ? { ...known, ...names } : { user_id, ...names, online: false });
    return {
      ...state,
      me,
      people,
      namesAt: state.namesAt + 1,
      members: changeMemberships(state.members, user_id, names),
    };
  },

  user_activity(state, { user_id, login }) {
    if (state.people.get(user_id)?.online === login) return state;
    const difference = login ? { online: true } : { online: false, present: false };
    return {
      ...state,
      people: change(state.people, user_id, { online: login }),
      members: changeMemberships(state.members, user_id, difference),
    };
  },

  room_chat_message(state, frame) {
    const mine = frame.user_id === state.userId;
    const other = mine ? frame.other_user_id : frame.user_id;
    const known = state.rooms.get(other);
    if (known && known.last_seq >= frame.seq) return state;
    const unread = mine ? 0 : (known?.unread ?? 0) + isCounted(state, `user-${other}`);
    const room = {
      chat_room_id: frame.chat_room_id,
      other_user_id: other,
      last_timestamp: frame.timestamp,
      last_seq: frame.seq,
      unread,
    };
    return withPreview({ ...state, rooms: put(state.rooms, other, room) }, `user-${other}`, frame);
  },

  group_chat_message(state, frame) {
    const known = state.groups.get(frame.chat_group_id);
    if (!known || known.last_seq >= frame.seq) return state;
    const isNew = isCounted(state, `group-${frame.chat_group_id}`);
    const unread = frame.user_id === state.userId ? 0 : known.unread + isNew;
    const groups = change(state.groups, frame.chat_group_id, {
      last_timestamp: frame.timestamp,
      last_seq: frame.seq,
      unread,
    });
    return withPreview({ ...state, groups }, `group-${frame.chat_group_id}`, frame);
  },

  bot_chat_message(state, frame) {
    const last = frame.messages.at(-1);
    if (!last || last.seq <= state.bot.lastSeq) return state;
    const unread = state.openKey === 'bot' || last.is_user ? state.bot.unread : state.bot.unread + 1;
    const bot = { timestamp: last.timestamp, unread, lastSeq: last.seq };
    return withPreview({ ...state, bot }, 'bot', { ...last, user_id: last.is_user ? state.userId : 0 });
  },

  notification_update(state, frame) {
    const difference = { unread: frame.unread, last_timestamp: frame.timestamp };
    const [name, id] = frame.chat_group_id
      ? ['groups', frame.chat_group_id]
      : ['rooms', otherIn(state, frame.chat_room_id)];
    const known = state[name].get(id);
    // Only forwards: a mark that moved while a message was on its way counts without that message.
    if (!known || frame.timestamp < (known.last_timestamp ?? '')) return state;
    return { ...state, [name]: put(state[name], id, { ...known, ...difference }) };
  },

  group_chat_update(state, { chat_group_id, name, owner_id }) {
    const known = state.groups.get(chat_group_id);
    const fresh = {
      chat_group_id,
      members: 1,
      is_member: owner_id === state.userId,
      last_timestamp: null,
      last_seq: 0,
      unread: 0,
    };
    return { ...state, groups: put(state.groups, chat_group_id, { ...(known ?? fresh), name, owner_id }) };
  },

  group_chat_activitity(state, frame) {
    const { chat_group_id, user_id, is_enter } = frame;
    const next = withPresence(state, chat_group_id, user_id, is_enter);
    return user_id === state.userId ? next : withActivity(next, frame, { is_enter });
  },

  group_member_removed(state, frame) {
    const { chat_group_id, user_id } = frame;
    const group = state.groups.get(chat_group_id);
    if (!group) return state;
    const mine = user_id === state.userId;
    const listed = state.members.get(chat_group_id);
    if (mine ? !group.is_member : listed && !listed.has(user_id)) return state;
    const difference = { members: Math.max(0, group.members - 1), ...(mine && { is_member: false, unread: 0 }) };
    const members = listed ? put(state.members, chat_group_id, without(listed, user_id)) : state.members;
    const next = { ...state, groups: change(state.groups, chat_group_id, difference), members };
    return withActivity(next, frame, {});
  },

  message_removed(state, frame) {
    const key = keyOfPlace(state, frame);
    const preview = state.previews.get(key);
    if (preview?.seq !== frame.seq) return state;
    return { ...state, previews: put(state.previews, key, { ...preview, message: '', removed: true }) };
  },

  group_removed(state, { chat_group_id }) {
    const group = state.groups.get(chat_group_id);
    if (!group) return state;
    const key = `group-${chat_group_id}`;
    return {
      ...state,
      groups: without(state.groups, chat_group_id),
      members: without(state.members, chat_group_id),
      activities: without(state.activities, key),
      previews: without(state.previews, key),
      removedGroups: put(state.removedGroups, chat_group_id, group.name),
    };
  },

  user_removed(state, { user_id }) {
    if (!state.people.has(user_id)) return state;
    let { groups, members } = state;
    for (const [id, list] of state.members) {
      if (!list.has(user_id)) continue;
      members = put(members, id, without(list, user_id));
      groups = change(groups, id, { members: list.size - 1 });
    }
    const people = without(state.people, user_id);
    return { ...state, people, groups, members, namesAt: state.namesAt + 1 };
  },
};

const isCounted = (state, key) => Number(state.readingKey !== key);

export const FRAMES = Object.keys(reducers);

export const reduce = (state, frame) => (reducers[frame.type] ? reducers[frame.type](state, frame) : state);

function changeMemberships(members, user_id, difference) {
  let changed = members;
  for (const [id, list] of members)
    if (list.has(user_id)) changed = put(changed, id, change(list, user_id, difference));
  return changed;
}

/** Entering is how one becomes a member. */
function withPresence(state, id, user_id, present) {
  const group = state.groups.get(id);
  const listed = state.members.get(id);
  const mine = user_id === state.userId;
  const isNew = present && (mine ? group && !group.is_member : listed && !listed.has(user_id));
  const groups =
    isNew && group
      ? change(state.groups, id, { members: group.members + 1, ...(mine && { is_member: true }) })
      : state.groups;
  if (!listed) return { ...state, groups };
  const person = state.people.get(user_id);
  const member = listed.get(user_id) ?? (present && person ? { ...person } : null);
  if (!member) return { ...state, groups };
  return {
    ...state,
    groups,
    members: put(state.members, id, put(listed, user_id, { ...member, present, ...(present && { online: true }) })),
  };
}

const otherIn = (state, chat_room_id) =>
  [...state.rooms.values()].find((room) => room.chat_room_id === chat_room_id)?.other_user_id;

function keyOfPlace(state, { chat_type, chat_room_id, chat_group_id }) {
  if (chat_type === 'bot') return 'bot';
  return chat_type === 'group' ? `group-${chat_group_id}` : `user-${otherIn(state, chat_room_id)}`;
}

let activityCount = 0;

// `after_seq`: the newest message that was shown when the frame came; the list may know of fewer.
function withActivity(state, { chat_group_id, user_id, after_seq = 0 }, what) {
  const key = `group-${chat_group_id}`;
  activityCount += 1;
  const afterSeq = Math.max(state.groups.get(chat_group_id)?.last_seq ?? 0, after_seq);
  const activity = { id: activityCount, afterSeq, user_id, ...what, timestamp: new Date().toISOString() };
  const list = [...(state.activities.get(key) ?? []), activity].slice(-MOST_ACTIVITIES);
  return { ...state, activities: put(state.activities, key, list) };
}

/** Never an older message than what is known, and never again the words of one that was removed. */
export function withPreview(state, key, { seq, user_id, message, timestamp, removed = false }) {
  const known = state.previews.get(key);
  const isKnown = known?.timestamp === timestamp && known.removed >= removed;
  if (known && (known.timestamp > timestamp || isKnown)) return state;
  const preview = { seq, user_id, message: message.slice(0, 200), timestamp, removed };
  return { ...state, previews: put(state.previews, key, preview) };
}

/** What was read from the history is newer than the list. `messages`: those that are loaded, the newest last. */
export function withNewest(state, name, id, messages) {
  const known = state[name].get(id);
  const newest = messages.at(-1);
  if (!known || !newest || newest.seq <= known.last_seq) return state;
  // What the list's time covers is counted already; a message of one's own ends the counting.
  const upTo = known.last_timestamp ?? '';
  const news = messages.filter((one) => one.seq > known.last_seq && one.timestamp > upTo);
  const mine = news.findLastIndex((one) => one.user_id === state.userId);
  const unread = known.is_member === false ? 0 : (mine >= 0 ? 0 : known.unread) + news.length - mine - 1;
  const last_timestamp = newest.timestamp > upTo ? newest.timestamp : upTo;
  const fresh = { ...known, last_seq: newest.seq, last_timestamp, unread };
  return { ...state, [name]: put(state[name], id, fresh) };
}
