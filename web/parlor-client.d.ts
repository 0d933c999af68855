// The types of parlor-client.js: the Parlor protocol (docs/protocol.md) for browsers and Node, without any DOM.
//
// One ParlorClient is one signed-in person in one tab. It keeps the socket open (growing, jittered pauses between
// attempts), sends again what was not acknowledged under the same client_msg_id, and after every break brings each
// loaded conversation up to date by its time cursor; repeats are dropped by `seq`. So a Conversation's `messages` never
// has a hole or a repeat in what it has loaded. Everything is on the thread that made it; no function throws but by
// rejecting its promise with a ParlorError (only a target that is none is a TypeError). docs/client.md is the guide.

export type Iso = string; // "2026-11-22T17:04:12.123Z"

/** What went wrong, in the protocol's words. */
export class ParlorError extends Error {
  readonly status: number; // HTTP; 0: no answer at all
  readonly code: string; // "invalid_field", "unavailable", …; "network": no answer at all
  readonly field?: string;
  readonly retryAfterMs?: number;
  readonly passing: boolean; // nobody's mistake: the same may succeed later (no answer, 429, 5xx)
}

export interface User { user_id: number; first_name: string; last_name: string; online: boolean }
export interface Member extends User { present: boolean }
export interface Profile { user_id: number; email: string; first_name: string; last_name: string; created_at: Iso }
export interface ProfileChange { first_name?: string; last_name?: string; password?: string; current_password?: string }
export interface Room {
  chat_room_id: number; other_user_id: number; last_timestamp: Iso; last_seq: number; unread: number;
}
export interface Group {
  chat_group_id: number; name: string; owner_id: number; members: number; is_member: boolean;
  last_timestamp: Iso | null; last_seq: number; unread: number;
}
export interface Notification {
  chat_room_id?: number; chat_group_id?: number; user_id: number; is_read: boolean; unread: number; timestamp: Iso;
}
export interface Message {
  seq: number; user_id: number; // 0: the bot
  message: string; timestamp: Iso; error?: true;
  removed?: true; // by an administrator: `message` is empty, the place stays
}

/** Whom a conversation is with. A room is named by the other person: its first message makes it. */
export type Target = { user_id: number } | { chat_group_id: number } | { bot: true };

/** A message of mine that is not acknowledged yet. Kept in the storage, so it survives a reload of the page. */
export interface Outgoing {
  readonly client_msg_id: string;
  readonly message: string;
  readonly created_at: Iso;
  readonly state: 'pending' | 'failed'; // failed: refused for good, or given up; retry() or discard()
  /** A code of the protocol; 'too_large': can't be sent at all; 'closed': the server ended the connection over it. */
  readonly error?: { code: string; message: string };
}

/** How many messages of a conversation are not acknowledged, and when the newest of them was written. */
export interface Unsent { pending: number; failed: number; newest: Iso }

/** A part of the history that does not reach down to the newest messages. See Conversation.around(). */
export interface Excerpt extends EventTarget {
  readonly messages: readonly Message[]; // as those of a Conversation
  readonly hasOlder: boolean;
  /** It has grown down to what the conversation had loaded: now `messages` of the conversation has it all. */
  readonly joined: boolean;
  loadOlder(): Promise<void>;
  loadNewer(): Promise<void>; // 100 more; joins in the end
  // Event 'change'.
}

export interface Conversation extends EventTarget {
  readonly key: string; // "user-9", "group-21", "bot"
  readonly target: Target;
  readonly chat_room_id: number | null; // known once the room exists
  /** In the order of `seq`. A new array at every change, so it can be compared by identity. */
  readonly messages: readonly Message[];
  /** In the order of sending. A message is in `messages` or here, never in both. A new array at every change, too. */
  readonly outgoing: readonly Outgoing[];
  readonly loaded: boolean; // load() has succeeded once
  readonly hasOlder: boolean;
  /**
   * The newest page, or what is new since the last time. Safe to call again, and needless: from the first call on, the
   * conversation is kept up to date, and if a call fails, it is made up for: in growing pauses while there is a socket,
   * else when the connection is back.
   */
  load(): Promise<void>;
  loadOlder(): Promise<void>; // 100 more, if hasOlder; one at a time
  /**
   * The hundred messages around `seq`, however far up, by a handful of small requests; null: `messages` reaches up
   * there already. For a conversation that is loaded. The first unread has seq `last_seq - unread + 1` (sending moves
   * one's own mark). Of several excerpts only the newest hears of removed messages, and joins.
   */
  around(seq: number): Promise<Excerpt | null>;
  /**
   * Sends, or keeps it until there is a connection. Never throws: see `outgoing`, which has a new object for each state
   * of it. Messages of one conversation are stored in the order of their sending.
   */
  send(text: string): Outgoing;
  retry(client_msg_id: string): void;
  discard(client_msg_id: string): void;
  /**
   * Everything in `messages` is read. Tells the server only if something was unread; not for the bot. If it rejects, it
   * is tried again after the next break.
   */
  markRead(): Promise<void>;
  // Event 'change': anything above is different. At most one a microtask.
}

export type Connection =
  | 'signed-out' // or closed: then resume() goes on
  | 'connecting' // a socket is being opened, or has not said `ready` yet
  | 'online'
  | 'waiting'; // for the next attempt: see retryAt

export interface Options {
  origin?: string; // default: the page's
  /** Default: sessionStorage; null: memory. Of this client alone: no two may share one. Names begin with "parlor.". */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null;
  WebSocket?: unknown; // default: the global ones
  /** By which the tabs of one person agree on presence. Default: the browser's; none in Node. */
  BroadcastChannel?: unknown;
  fetch?: typeof fetch;
  /**
   * Pauses between attempts: the first (500) and the longest (30000), each jittered by half. And how a line that died
   * without a word is noticed: after about `quietMs` (50000) without a frame the server is asked for a sign of life,
   * and without any frame for `answerMs` (20000) after that, the socket is given up.
   */
  reconnect?: { firstMs?: number; mostMs?: number; quietMs?: number; answerMs?: number };
  ackTimeoutMs?: number; // 15000: then the socket is taken for dead and everything is sent again on a new one
}

/**
 * Events, each a CustomEvent whose `detail` is the frame of the protocol:
 *   user_update, user_activity, group_chat_update, group_chat_activitity, group_member_removed, notification_update,
 *   message_removed, group_removed, user_removed, room_chat_message, group_chat_message, bot_chat_message, error;
 * and of our own: 'connection' (`connection` or `retryAt` changed; detail has both),
 * 'unsent' (it is different; at most one a microtask),
 * 'ended' (the session ended elsewhere; detail.code is 4403, or 4401: the token is no longer good),
 * 'resync' (there is a socket again, or for the first time, and lists that were fetched without one may be old: fetch
 * them again). `error` also comes with codes of our own, for logs: 'closed', 'storage_full'.
 * Conversations are up to date before the frame's event comes.
 */
export class ParlorClient extends EventTarget {
  constructor(options?: Options);
  readonly connection: Connection;
  readonly retryAt: number | null; // Date.now() of the next attempt while 'waiting'
  readonly userId: number | null;
  /** By a conversation's key, also of those that nobody has asked for. Computed anew each time. */
  readonly unsent: ReadonlyMap<string, Unsent>;

  register(account: { email: string; password: string; first_name: string; last_name: string }): Promise<string>;
  /** Keeps the token in the storage and connects; does not wait for `online`. Ends a session that was open here. */
  login(email: string, password: string): Promise<void>;
  resume(): boolean; // connects with the stored token; false: there is none
  /**
   * Signs out here, at once and whatever happens: forgets the token, discards what was unsent. Then tells the server.
   * False: that was not reached, and the session still lives there. It is told again in growing pauses, and on
   * connectNow(), for as long as this object lives and is not closed; the token is kept in memory only.
   */
  logout(): Promise<boolean>;
  /**
   * While 'waiting': do not wait. While 'online': ask the server for a sign of life and wait only 8 s for it, as the
   * line may have died unnoticed; after minutes without one, as when the machine slept, a new socket at once.
   * It also enters again what is entered, should somebody have left it elsewhere. Call it on the window's 'online'
   * event, and when a page becomes visible.
   */
  connectNow(): void;
  /**
   * The machine says that it has no network: 'waiting' at once, rather than when the silence is noticed, which can take a
   * minute; attempts go on in growing pauses. Call it on the window's 'offline' event.
   */
  networkLost(): void;
  close(): void; // ends the socket, keeps the token
  /** Requests that change nothing and have no answer yet reject (code 'network'), so that they can be made again. */
  giveUpReading(): void;

  users(query?: { q?: string; online?: boolean; after?: number; limit?: number }): Promise<User[]>;
  profile(): Promise<Profile>;
  changeProfile(change: ProfileChange): Promise<Profile>;
  notifications(): Promise<Notification[]>;
  newestWithBot(): Promise<Message | null>; // null: nothing was said yet
  /** Everything there is, loaded or not. A conversation on the screen has its own markRead(). */
  markRead(place: { chat_room_id: number } | { chat_group_id: number }): Promise<void>;
  rooms(): Promise<Room[]>;
  groups(query?: { q?: string; is_member?: boolean; after?: number; limit?: number }): Promise<Group[]>;
  createGroup(name: string): Promise<Group>;
  changeGroup(chat_group_id: number, change: { name?: string; owner_id?: number }): Promise<Group>;
  members(chat_group_id: number): Promise<Member[]>;
  removeMember(chat_group_id: number, user_id: number): Promise<void>;
  /**
   * Remembered until leave(), a removal or the session's end: after a break, or a reload, it enters again by itself. If
   * it rejects for lack of a connection, it is still remembered, as leave() is. leave() ends the presence only if no
   * other tab of the same person is in the group.
   */
  enter(chat_group_id: number): Promise<void>;
  leave(chat_group_id: number): Promise<void>;

  /** The same object for the same target, until login(), logout(), resume() after close(), close() or 'ended'. */
  conversation(target: Target): Conversation;
}
