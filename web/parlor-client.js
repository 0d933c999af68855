// parlor-client.js: the Parlor protocol (docs/protocol.md) for browsers and Node, without any DOM.
//
// The types and promises are in parlor-client.d.ts, a guide with examples in docs/client.md. This file joins the parts
// of client/: one ParlorClient is one signed-in person in one tab, with a socket (socket.js), messages on their way
// (outbox.js), groups that are looked at (presence.js) and conversations (conversation.js). Nothing throws but by
// rejecting its promise with a ParlorError; only a target that is none (targets.js) is a TypeError.

import { Conversation } from './client/conversation.js';
import { customEvent, oncePerMicrotask } from './client/events.js';
import { Farewells } from './client/farewells.js';
import { Http, ParlorError } from './client/http.js';
import { ReadMarks } from './client/marks.js';
import { nobodysOutbox, Outbox } from './client/outbox.js';
import { Presence } from './client/presence.js';
import { DEFECTS, Socket } from './client/socket.js';
import { defaultStorage, Store } from './client/store.js';
import { Tabs } from './client/tabs.js';
import { keyOf, messagesIn, NEWS, plainMessage } from './client/targets.js';

export { ParlorError };

const SIGNED_OUT = 4401;
const CATCH_UPS_AT_ONCE = 4;

export class ParlorClient extends EventTarget {
  #http;
  #socket;
  #store;
  #ackTimeoutMs;
  #origin;
  #BroadcastChannel;
  #userId = null;
  #conversations = new Map();
  #marks = new ReadMarks();
  #farewells = new Farewells((token) => this.#http.request('POST', '/logout', undefined, token));
  #outbox = null;
  #presence = null;
  #roomsAsked = null;
  #listsMayBeOld = false; // something was fetched while no socket told what changed afterwards

  #unsentChanged = oncePerMicrotask(() => this.#userId !== null && this.#emit('unsent', null));

  constructor(options = {}) {
    super();
    const origin = options.origin ?? globalThis.location?.origin;
    const storage = options.storage === undefined ? defaultStorage() : options.storage;
    this.#store = new Store(storage, () => this.#report('storage_full', 'What is unsent would not survive a reload.'));
    this.#ackTimeoutMs = options.ackTimeoutMs ?? 15000;
    this.#origin = String(origin);
    // Node has one, too, but no tabs; and there it would keep the program alive.
    this.#BroadcastChannel = options.BroadcastChannel ?? (globalThis.window && globalThis.BroadcastChannel);
    this.#http = new Http({
      origin,
      fetch: options.fetch ?? globalThis.fetch,
      onInvalidToken: (token) => token === this.#http.token && this.#sessionEnded(SIGNED_OUT),
    });
    this.#socket = new Socket(
      {
        url: `${String(origin).replace(/^http/, 'ws')}/socket`,
        WebSocket: options.WebSocket ?? globalThis.WebSocket,
        ...options.reconnect,
      },
      {
        onState: () => this.#emit('connection', { connection: this.connection, retryAt: this.retryAt }),
        onReady: () => this.#ready(),
        onFrame: (frame) => this.#received(frame),
        onDown: (code) => this.#down(code),
        onEnded: (code) => this.#sessionEnded(code),
        isTokenGood: () => this.#isTokenGood(),
      },
    );
  }

  get connection() {
    return this.#socket.state === 'closed' ? 'signed-out' : this.#socket.state;
  }

  get retryAt() {
    return this.#socket.retryAt;
  }

  get userId() {
    return this.#userId;
  }

  get unsent() {
    return this.#userId === null ? new Map() : this.#outbox.summary();
  }

  // ---- the session

  async register(account) {
    return (await this.#http.request('POST', '/register', account, null)).message;
  }

  async login(email, password) {
    const { token, user_id } = await this.#http.request('POST', '/login', { email, password }, null);
    if (this.#http.token !== null) this.logout(); // what it says to the server concerns nobody any more
    this.#store.write('session', { token, user_id });
    this.#begin(token, user_id);
  }

  resume() {
    const stored = this.#store.read('session');
    if (typeof stored?.token !== 'string' || typeof stored.user_id !== 'number') return false;
    if (this.#http.token !== stored.token) this.#begin(stored.token, stored.user_id);
    return true;
  }

  async logout() {
    const { token, user_id } = this.#store.read('session') ?? { token: this.#http.token, user_id: this.#userId };
    this.#end({ discard: true });
    for (const name of ['session', `unsent.${user_id}`, `entered.${user_id}`]) this.#store.write(name, null);
    return token ? this.#farewells.say(token) : true;
  }

  giveUpReading() {
    this.#http.giveUpReading();
  }

  connectNow() {
    this.#farewells.hurry();
    this.#socket.connectNow();
    if (this.connection === 'online') this.#presence.look();
  }

  networkLost() {
    this.#socket.giveUp();
  }

  close() {
    this.#farewells.end();
    this.#end({ discard: false });
  }

  // ---- people and profile

  async users(query) {
    return (await this.#list('/users', query)).users;
  }

  profile() {
    return this.#http.get('/users/profile');
  }

  changeProfile(change) {
    return this.#http.request('PUT', '/users/profile', change);
  }

  // ---- lists of conversations

  async notifications() {
    const { notifications } = await this.#list('/notifications');
    this.#marks.noteRows(notifications, 'timestamp');
    return notifications;
  }

  async rooms() {
    const { chat_rooms } = await this.#list('/chat_rooms');
    this.#marks.noteRows(chat_rooms, 'last_timestamp');
    for (const room of chat_rooms) this.#conversations.get(`user-${room.other_user_id}`)?.roomIs(room.chat_room_id);
    return chat_rooms;
  }

  async groups(query) {
    const { chat_groups } = await this.#list('/chat_groups', query);
    const mine = chat_groups.filter((group) => group.is_member);
    this.#marks.noteRows(mine, 'last_timestamp');
    return chat_groups;
  }

  /** Null: nothing was said yet. */
  async newestWithBot() {
    const { messages } = await this.#list('/chat_bot', { limit: 1 });
    return messages.length > 0 ? plainMessage(messages.at(-1), this.#userId) : null;
  }

  async markRead(place) {
    await this.#http.request('PUT', '/notifications', place);
  }

  // ---- groups

  createGroup(name) {
    return this.#http.request('POST', '/chat_groups', { name });
  }

  changeGroup(chat_group_id, change) {
    return this.#http.request('PUT', `/chat_groups/${chat_group_id}`, change);
  }

  async members(chat_group_id) {
    return (await this.#list(`/users/group/${chat_group_id}`)).users;
  }

  async removeMember(chat_group_id, user_id) {
    await this.#http.request('DELETE', `/chat_groups/${chat_group_id}/members/${user_id}`);
  }

  async enter(chat_group_id) {
    await this.#signedIn().#presence.enter(chat_group_id);
  }

  async leave(chat_group_id) {
    await this.#signedIn().#presence.leave(chat_group_id);
  }

  conversation(target) {
    const key = keyOf(target);
    const known = this.#conversations.get(key);
    if (known) return known;
    const made = new Conversation(key, target, this.#host());
    this.#conversations.set(key, made);
    return made;
  }

  // ---- beginning and end

  #begin(token, userId) {
    this.#end({ discard: false });
    this.#http.token = token;
    this.#userId = userId;
    this.#outbox = new Outbox(
      { store: this.#store, name: `unsent.${userId}`, ackTimeoutMs: this.#ackTimeoutMs },
      {
        send: (frame) => this.#socket.send(frame),
        onChange: (key) => {
          this.#conversations.get(key)?.outgoingChanged();
          this.#unsentChanged();
        },
        onStored: (record, ack) => this.#stored(record, ack),
        onSilence: () => this.#socket.giveUp(),
      },
    );
    this.#presence = new Presence(
      {
        store: this.#store,
        name: `entered.${userId}`,
        tabs: (handlers) => new Tabs(this.#BroadcastChannel, `parlor.${this.#origin}.${userId}`, handlers),
      },
      {
        post: (id, is_enter) => this.#http.request('POST', `/chat_groups/${id}`, { is_enter }),
        memberOf: async () => {
          const { chat_groups } = await this.#http.request('GET', '/chat_groups?is_member=true');
          return new Set(chat_groups.map((group) => group.chat_group_id));
        },
        onRemoved: (chat_group_id) =>
          this.#emit('group_member_removed', { type: 'group_member_removed', chat_group_id, user_id: this.#userId }),
        onAnswered: (id) => this.#conversations.get(`group-${id}`)?.catchUp({ afterBreak: true }),
        isOnline: () => this.connection === 'online',
      },
    );
    this.#socket.open(token);
  }

  // `discard`: also what was kept for the next time.
  #end({ discard }) {
    this.#http.token = null;
    this.#userId = null;
    for (const conversation of this.#conversations.values()) conversation.end();
    this.#conversations = new Map();
    this.#marks = new ReadMarks();
    this.#outbox?.end(discard);
    this.#presence?.end(discard);
    this.#listsMayBeOld = false;
    this.#socket.close();
  }

  // What was unsent waits for the same person to come back; the groups do not.
  #sessionEnded(code) {
    this.#presence?.end(true);
    this.#end({ discard: false });
    this.#store.write('session', null);
    this.#emit('ended', { code });
  }

  #signedIn() {
    if (this.#userId === null) {
      throw new ParlorError({ status: 401, code: 'invalid_token', message: 'Nobody is signed in.' });
    }
    return this;
  }

  async #isTokenGood() {
    try {
      await this.profile();
      return true;
    } catch (error) {
      if (error.status === 401) return false;
      throw error;
    }
  }

  // ---- the socket

  #ready() {
    this.#presence.settle();
    this.#outbox.online();
    this.#catchUpAll();
    if (this.#listsMayBeOld) this.#emit('resync', null);
    this.#listsMayBeOld = false;
  }

  #down(code) {
    this.#listsMayBeOld = true;
    if (!DEFECTS.has(code)) {
      this.#outbox.offline();
      return;
    }
    const failure = { code: 'closed', message: `The server has closed the connection (${code}).` };
    this.#outbox.offline(failure);
    this.#report(failure.code, failure.message);
  }

  #received(frame) {
    switch (frame.type) {
      case 'ack':
        this.#outbox.acknowledged(frame);
        break;
      case 'error':
        if (frame.client_msg_id !== undefined) this.#outbox.refused(frame);
        break;
      case 'group_chat_activitity':
        this.#someoneEntered(frame);
        break;
      case 'group_member_removed':
        if (frame.user_id === this.#userId) this.#presence.forget(frame.chat_group_id);
        break;
      case 'notification_update':
        this.#notified(frame);
        break;
      case 'message_removed':
        this.#found(frame)?.removed(frame.seq);
        break;
      case 'group_removed':
        this.#groupRemoved(frame.chat_group_id);
        break;
      default:
        this.#messagesReceived(frame);
    }
    if (NEWS.has(frame.type)) this.#emit(frame.type, frame);
  }

  #messagesReceived(frame) {
    const found = messagesIn(frame, this.#userId);
    const conversation = found && this.#conversations.get(found.key);
    if (!conversation) return;
    conversation.roomIs(found.chat_room_id);
    conversation.receive(found.messages);
  }

  /** By what a frame calls it: a room is named by its number. */
  #found({ chat_type, chat_room_id, chat_group_id }) {
    if (chat_type === 'bot') return this.#conversations.get('bot');
    if (chat_type === 'group') return this.#conversations.get(`group-${chat_group_id}`);
    return [...this.#conversations.values()].find((one) => one.chat_room_id === chat_room_id);
  }

  // What was written there and not sent can't be sent any more.
  #groupRemoved(id) {
    const key = `group-${id}`;
    this.#presence.forget(id);
    this.#conversations.get(key)?.end();
    this.#conversations.delete(key);
    for (const { view } of this.#outbox.list(key)) this.#outbox.discard(view.client_msg_id);
  }

  #stored(record, ack) {
    const conversation = this.#conversations.get(record.key);
    conversation?.roomIs(ack.chat_room_id);
    conversation?.stored(record, ack);
  }

  // From now on the group's messages come; some may have been sent since its history was read.
  #someoneEntered(frame) {
    if (frame.user_id !== this.#userId || !frame.is_enter) return;
    if (this.#presence.isEntering(frame.chat_group_id)) return; // its answer says the same
    this.#conversations.get(`group-${frame.chat_group_id}`)?.catchUp();
  }

  #notified(frame) {
    this.#marks.noteRows([frame], 'timestamp');
    if (!frame.chat_group_id) return;
    const last = this.#conversations.get(`group-${frame.chat_group_id}`)?.messages.at(-1);
    if (frame.timestamp > (last?.timestamp ?? '')) this.#presence.missed(frame.chat_group_id);
  }

  async #catchUpAll() {
    // Those of groups that are entered wait for that: what is read before would have to be read again.
    const isLate = ({ target }) => target.chat_group_id !== undefined && this.#presence.has(target.chat_group_id);
    const queue = [...this.#conversations.values()].filter((conversation) => !isLate(conversation));
    const next = async () => {
      for (let one = queue.shift(); one; one = queue.shift()) await one.catchUp({ afterBreak: true });
    };
    await Promise.all(Array.from({ length: CATCH_UPS_AT_ONCE }, next));
  }

  // ---- within

  // What may be old when a socket is ready, since nothing told of changes.
  #list(path, query) {
    if (this.connection !== 'online') this.#listsMayBeOld = true;
    return this.#http.get(path, query);
  }

  #host() {
    const [marks, outbox] = [this.#marks, this.#outbox ?? nobodysOutbox()];
    return {
      marks,
      outbox,
      me: () => this.#userId,
      isOnline: () => this.connection === 'online',
      get: (path, query) => this.#http.get(path, query),
      putReadMark: (body) => this.#http.request('PUT', '/notifications', body),
      findRoom: (user_id) => this.#findRoom(user_id),
    };
  }

  // Several conversations that ask at once share one answer.
  async #findRoom(user_id) {
    this.#roomsAsked ??= this.rooms().finally(() => (this.#roomsAsked = null));
    const rooms = await this.#roomsAsked;
    return rooms.find((room) => room.other_user_id === user_id)?.chat_room_id ?? null;
  }

  #report(code, message) {
    this.#emit('error', { type: 'error', code, message });
  }

  #emit(type, detail) {
    this.dispatchEvent(customEvent(type, detail));
  }
}
