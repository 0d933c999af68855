// What the page knows, as one value that is replaced when something changes. Plain JS without DOM, used by app.js and
// the views, testable under Node with any object that is like a ParlorClient (parlor-client.d.ts).
//
// It fetches the lists each time the socket is (again) ready, because what happened before was not heard, and applies
// the frames heard meanwhile to what comes back. A list that can't be fetched is tried again, in growing pauses, for as
// long as there is a socket (without one, its return fetches them all); what the page shows until then is what it had.
// Requests that a person asked for reject with the ParlorError, for the view to show.

import { FRAMES, emptyState, reduce, withNewest, withPreview } from './events.js';
import { keyRoute, routeTarget } from './route.js';
import { growing } from '../client/pauses.js';

const RETRY_MS = 1000; // the first; each is up to twice as long as the one before
const MOST_RETRY_MS = 30000;
const MARKS_AT_ONCE = 4;
const CROWD_MS = 40;
const SLOW_SOCKET_MS = 1200; // then the lists are fetched without waiting for it

const byId = (list, id) => new Map(list.map((item) => [item[id], item]));

const LISTS = {
  people: { fetch: (client) => client.users(), read: (list) => byId(list, 'user_id') },
  rooms: { fetch: (client) => client.rooms(), read: (list) => byId(list, 'other_user_id') },
  groups: { fetch: (client) => client.groups(), read: (list) => byId(list, 'chat_group_id') },
  me: { fetch: (client) => client.profile(), read: (profile) => profile },
  lastWriters: { fetch: (client) => client.notifications(), read: readWriters },
  bot: { fetch: (client) => client.newestWithBot(), read: (message, { bot }) => withBotAt(bot, message) },
};

/** What was heard is newer than what was asked for before. */
const withBotAt = (bot, message) =>
  message && message.seq > bot.lastSeq ? { ...bot, timestamp: message.timestamp, lastSeq: message.seq } : bot;

function readWriters(notifications) {
  const writers = new Map();
  for (const one of notifications)
    writers.set(one.chat_group_id ? `group-${one.chat_group_id}` : `room-${one.chat_room_id}`, one.user_id);
  return writers;
}

export class Store {
  #listeners = new Set();
  #recorders = new Set(); // frames heard while a list is on its way
  #timers = new Map();
  #failures = new Map(); // how often in a row, by what is fetched
  #inside = null; // the group on the screen, once it is entered
  #asked = new Map(); // by what is fetched: the number of the last request,
  #answered = new Map(); // and of the newest that was answered
  #notifying = false;
  #notifiedAt = 0;

  constructor(client) {
    this.client = client;
    this.state = emptyState;
    for (const type of FRAMES) client.addEventListener(type, (event) => this.#hear({ ...event.detail, type }));
    client.addEventListener('connection', () => this.#connectionChanged());
    client.addEventListener('resync', () => this.#soon('lists', () => this.fetchLists(), 20));
    client.addEventListener('unsent', () => this.#unsentChanged());
    client.addEventListener('ended', (event) => {
      this.#clearTimers();
      this.#set({ ...this.#afterwards(), ended: event.detail?.code ?? 'invalid_token' });
    });
  }

  /** Calls back soon after the state was replaced, once for several changes. Returns what ends that. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(state) {
    if (state === this.state) return;
    this.state = state;
    if (this.#notifying) return;
    this.#notifying = true;
    const notify = () => {
      this.#notifying = false;
      this.#notifiedAt = Date.now();
      for (const listener of [...this.#listeners]) listener();
    };
    // At once after a silence; when a crowd comes and goes, some times a second and not at each frame.
    if (Date.now() - this.#notifiedAt > CROWD_MS) queueMicrotask(notify);
    else setTimeout(notify, CROWD_MS);
  }

  #patch(difference) {
    this.#set({ ...this.state, ...difference });
  }

  // ---- the session

  /** With the token of an earlier page. False: there is none, somebody has to sign in. */
  resume() {
    if (!this.client.resume()) return false;
    this.#begin();
    return true;
  }

  async login(email, password) {
    await this.client.login(email, password);
    this.#begin();
  }

  /** At once, whatever happens. False: the server was not reached, and is told later. */
  logout() {
    this.#clearTimers();
    const told = this.client.logout();
    this.#set(emptyState);
    return told;
  }

  /** Answers take too long: whatever was asked is asked again. */
  hurry() {
    this.client.giveUpReading();
    return this.fetchLists();
  }

  #begin() {
    this.#patch({ ended: null, formerUserId: null, userId: this.client.userId });
    this.#unsentChanged();
    this.#connectionChanged();
    this.#soon('slow', () => this.state.loaded.people || this.fetchLists(), SLOW_SOCKET_MS);
  }

  #connectionChanged() {
    const { connection, retryAt, userId } = this.client;
    if (connection === 'signed-out') {
      if (this.state.connection !== 'signed-out') this.#set(this.#afterwards());
      return;
    }
    const isNew = connection === 'online' && this.state.connection !== 'online';
    this.#patch({ connection, retryAt, userId: userId ?? this.state.userId });
    if (isNew) this.#soon('lists', () => this.fetchLists(), 0);
  }

  /** Nothing but how it ended, and for whom. */
  #afterwards() {
    const { ended, userId, formerUserId } = this.state;
    return { ...emptyState, ended, formerUserId: userId ?? formerUserId };
  }

  // ---- lists

  fetchLists() {
    if (this.client.connection === 'signed-out') return Promise.resolve();
    return Promise.all(Object.keys(LISTS).map((name) => this.#fetchList(name))).then(() => this.#visit());
  }

  /** A turn for one request: `isStale()` once a later one was answered, `isLast()` while no later one was asked. */
  #turn(what) {
    const number = (this.#asked.get(what) ?? 0) + 1;
    this.#asked.set(what, number);
    return {
      isStale: () => number < (this.#answered.get(what) ?? 0),
      isLast: () => number === this.#asked.get(what),
      answered: () => this.#answered.set(what, number),
    };
  }

  async #fetchList(name) {
    const frames = [];
    this.#recorders.add(frames);
    const turn = this.#turn(name);
    const userId = this.client.userId;
    try {
      const answer = await LISTS[name].fetch(this.client);
      if (this.client.userId !== userId || userId === null || turn.isStale()) return;
      turn.answered();
      const fresh = LISTS[name].read(answer, this.state);
      const replayed = frames.reduce(reduce, { ...this.state, [name]: fresh });
      const namesAt = this.state.namesAt + Number(name === 'people');
      this.#noteFailure(name, null);
      this.#patch({ [name]: replayed[name], namesAt, loaded: { ...this.state.loaded, [name]: true } });
      if (name === 'bot' && answer) this.#set(withPreview(this.state, 'bot', answer));
    } catch (error) {
      const isOver = this.client.userId !== userId || this.client.connection === 'signed-out';
      if (isOver || !turn.isLast()) return;
      this.#noteFailure(name, error);
      this.#againLater(name, error, () => this.#fetchList(name));
    } finally {
      this.#recorders.delete(frames);
    }
  }

  /** `state.failed`: the error of each list whose last request failed; null: none did. */
  #noteFailure(name, error) {
    if (error === null) this.#failures.delete(name);
    const { [name]: before, ...others } = this.state.failed ?? {};
    if (error === null && !before) return;
    const failed = error ? { ...others, [name]: error } : others;
    this.#patch({ failed: Object.keys(failed).length > 0 ? failed : null });
  }

  /** Nobody else asks again while the socket is well. Without one, the next `online` fetches everything. */
  #againLater(name, error, action) {
    if (this.client.connection !== 'online' || error.passing === false) return;
    const count = this.#failures.get(name) ?? 0;
    this.#failures.set(name, count + 1);
    this.#soon(name, action, Math.max(error.retryAfterMs ?? 0, growing(count, RETRY_MS, MOST_RETRY_MS)));
  }

  #soon(name, action, ms) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(action, ms));
  }

  #clearTimers() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#failures.clear();
  }

  // ---- frames

  #hear(heard) {
    const frame = this.#placed(heard);
    for (const frames of this.#recorders) frames.push(frame);
    this.#set(reduce(this.state, frame));
    if (frame.type === 'group_member_removed' && frame.user_id === this.state.userId) this.#inside = null;
    this.#followUp(frame);
  }

  /** What happens in a group stands below the newest message that is shown, of which the list need not know. */
  #placed(frame) {
    if (frame.type !== 'group_chat_activitity' && frame.type !== 'group_member_removed') return frame;
    return { ...frame, after_seq: this.conversation(`group-${frame.chat_group_id}`).messages.at(-1)?.seq ?? 0 };
  }

  /** What a frame speaks of and we don't know is fetched. */
  #followUp(frame) {
    const { state } = this;
    const isNews = frame.type === 'user_activity' || frame.type.endsWith('_chat_message');
    if (isNews && frame.user_id > 0 && state.loaded.people && !state.people.has(frame.user_id))
      this.#soon('people', () => this.#fetchList('people'), 300);
    if (frame.type === 'room_chat_message' || frame.type === 'group_chat_message') this.#noteWriter(frame);
    if (frame.type === 'notification_update') this.#notified(frame);
    if (frame.type === 'group_chat_activitity' && !state.groups.has(frame.chat_group_id))
      this.#soon('groups', () => this.#fetchList('groups'), 300);
  }

  #noteWriter(frame) {
    const key = frame.chat_group_id ? `group-${frame.chat_group_id}` : `room-${frame.chat_room_id}`;
    if (this.state.lastWriters.get(key) === frame.user_id) return;
    this.#patch({ lastWriters: new Map(this.state.lastWriters).set(key, frame.user_id) });
  }

  #notified(frame) {
    const { state } = this;
    if (frame.chat_room_id && ![...state.rooms.values()].some((room) => room.chat_room_id === frame.chat_room_id)) {
      this.#soon('rooms', () => this.#fetchList('rooms'), 300);
    }
    if (frame.chat_group_id && frame.unread > 0) this.#soon('lastWriters', () => this.#fetchList('lastWriters'), 1000);
  }

  // ---- the conversation on the screen

  /** Enters the group that is opened and leaves the one that is closed. */
  open(key) {
    const before = this.state.openKey;
    if (key === before) return;
    this.#inside = null;
    if (before?.startsWith('group-')) this.client.leave(keyRoute(before).id).catch(() => {});
    this.#patch({ openKey: key, bot: key === 'bot' ? { ...this.state.bot, unread: 0 } : this.state.bot });
    this.#visit();
  }

  /** Only members enter by opening: others would become members by that. */
  #visit() {
    const { openKey, groups } = this.state;
    if (!openKey?.startsWith('group-')) return;
    const { id } = keyRoute(openKey);
    if (!groups.has(id)) return;
    // Once entered, the client enters again by itself.
    if (!groups.get(id).is_member || this.#inside === id) this.fetchMembers(id);
    else this.enter(id).catch(() => this.fetchMembers(id));
  }

  /** Makes a member, if it has to. */
  async enter(id) {
    await this.client.enter(id);
    if (this.state.openKey === `group-${id}`) this.#inside = id;
    const group = this.state.groups.get(id);
    if (group && !group.is_member)
      this.#patch({
        groups: new Map(this.state.groups).set(id, { ...group, is_member: true, members: group.members + 1 }),
      });
    await this.fetchMembers(id); // what was said is read by the client
  }

  async fetchMembers(id) {
    const frames = [];
    this.#recorders.add(frames);
    const turn = this.#turn(`members-${id}`);
    const { userId } = this.client;
    try {
      const list = byId(await this.client.members(id), 'user_id');
      if (turn.isStale() || this.client.userId !== userId) return;
      turn.answered();
      const replayed = frames.reduce(reduce, {
        ...this.state,
        members: new Map(this.state.members).set(id, list),
      }).members;
      const group = this.state.groups.get(id);
      const groups = group
        ? new Map(this.state.groups).set(id, { ...group, members: replayed.get(id).size })
        : this.state.groups;
      this.#failures.delete('members');
      this.#patch({ members: replayed, groups });
    } catch (error) {
      if (this.client.userId === userId && this.state.openKey === `group-${id}` && turn.isLast())
        this.#againLater('members', error, () => this.fetchMembers(id));
    } finally {
      this.#recorders.delete(frames);
    }
  }

  conversation(key) {
    return this.client.conversation(routeTarget(keyRoute(key)));
  }

  /** How many messages of mine are not acknowledged, to whomever. */
  unsent() {
    return [...this.client.unsent.values()].reduce((sum, { pending, failed }) => sum + pending + failed, 0);
  }

  #unsentChanged() {
    const [before, unsent] = [this.state.unsent, this.client.unsent];
    const isSame = (one, other) => one?.pending === other.pending && one.failed === other.failed;
    const same = before.size === unsent.size && [...unsent].every(([key, counts]) => isSame(before.get(key), counts));
    if (!same) this.#patch({ unsent });
  }

  /** The conversation whose end somebody looks at; null: nobody does. */
  noteReading(key) {
    if (this.state.readingKey !== key) this.#patch({ readingKey: key });
  }

  /** The view tells what it has loaded, so the list can quote it. */
  noteNewest(key, message) {
    const next = withPreview(this.state, key, message);
    const { view, id } = keyRoute(key);
    if (view !== 'bot')
      this.#set(withNewest(next, view === 'user' ? 'rooms' : 'groups', id, this.conversation(key).messages));
    else this.#set({ ...next, bot: withBotAt(next.bot, message) });
  }

  // ---- what a person asks for

  async createGroup(name) {
    const group = await this.client.createGroup(name);
    this.#patch({ groups: new Map(this.state.groups).set(group.chat_group_id, group) });
    return group;
  }

  async changeGroup(id, difference) {
    const group = await this.client.changeGroup(id, difference);
    this.#patch({ groups: new Map(this.state.groups).set(id, group) });
  }

  async removeMember(id, user_id) {
    await this.client.removeMember(id, user_id);
    await this.fetchMembers(id);
  }

  /** Ends the membership; opening the group again shows it without entering. */
  async leaveForGood(id) {
    await this.client.leave(id).catch(() => {});
    await this.client.removeMember(id, this.state.userId);
    this.#set(reduce(this.state, { type: 'group_member_removed', chat_group_id: id, user_id: this.state.userId }));
  }

  async changeProfile(difference) {
    const me = await this.client.changeProfile(difference);
    const known = this.state.people.get(me.user_id);
    const people = known
      ? new Map(this.state.people).set(me.user_id, { ...known, first_name: me.first_name, last_name: me.last_name })
      : this.state.people;
    this.#patch({ me, people, namesAt: this.state.namesAt + 1 });
  }

  /** What is loaded of the conversation is read. What comes meanwhile stays unread. */
  async markRead(key) {
    const conversation = this.conversation(key);
    const marked = conversation.messages.at(-1)?.seq ?? 0;
    await conversation.markRead();
    const { messages } = conversation;
    const isNews = (message) => message.seq > marked && message.user_id !== this.state.userId;
    this.#setUnread(key, messages.filter(isNews).length, messages.at(-1)?.timestamp ?? '');
  }

  /** Also of conversations that were never opened. Rejects if one of them fails, when all have been tried. */
  async markAllRead(keys) {
    const queue = [...keys];
    const failures = [];
    const next = async () => {
      for (let key = queue.shift(); key; key = queue.shift())
        await this.#markWhole(key).catch((error) => failures.push(error));
    };
    await Promise.all(Array.from({ length: MARKS_AT_ONCE }, next));
    if (failures.length > 0) throw failures[0];
  }

  /** Whatever is there, without loading it. What comes meanwhile stays unread. */
  async #markWhole(key) {
    const { view, id } = keyRoute(key);
    if (view === 'bot') return this.#setUnread(key, 0, '');
    const find = () => (view === 'user' ? this.state.rooms : this.state.groups).get(id);
    const before = find();
    if (!before) return undefined;
    await this.client.markRead(view === 'user' ? { chat_room_id: before.chat_room_id } : { chat_group_id: id });
    const now = find();
    const news = (now?.last_seq ?? 0) - before.last_seq;
    // What only a notification told of has been counted by the server, after the mark or before its own next one.
    if (!now || (news === 0 && now.last_timestamp !== before.last_timestamp)) return undefined;
    return this.#setUnread(key, Math.min(now.unread, news), now.last_timestamp ?? '');
  }

  /** Only ever less; and not if there is something newer than `knownUpTo`, which nobody has loaded. */
  #setUnread(key, unread, knownUpTo) {
    const { view, id } = keyRoute(key);
    const name = { user: 'rooms', group: 'groups' }[view];
    const known = name && this.state[name].get(id);
    if (known?.unread > unread && (known.last_timestamp ?? '') <= knownUpTo)
      this.#patch({ [name]: new Map(this.state[name]).set(id, { ...known, unread }) });
    if (view === 'bot' && this.state.bot.unread > 0) this.#patch({ bot: { ...this.state.bot, unread: 0 } });
  }
}
