// conversation.js: one conversation as the page shows it: its messages, and one's own that are still on their way.
//
// Made by parlor-client.js, one for each target. The promise: `messages` has neither holes nor repeats in what it has
// loaded. Live messages are appended; whenever something may be missing (a gap in `seq`, a new socket, entering a
// group) everything after the last one is read from the history by its time. Only what was loaded once is kept up to
// date.
//
// `host` is what it needs of the client:
//   me()                         the own user id
//   get(path, query)             HTTP
//   putReadMark(body)            HTTP
//   findRoom(user_id)            the number of the room with this person; null: there is none yet
//   isOnline(), outbox, marks

import { customEvent, oncePerMicrotask } from './events.js';
import { Excerpt } from './excerpt.js';
import { growing } from './pauses.js';
import { plainMessage, withoutText } from './targets.js';
import { Timeline } from './timeline.js';

const GAP_PATIENCE_MS = 300; // an ack can be faster than the message before it
const MOST_PAUSE_MS = 30000;
const LOOKED_AT_AGAIN = 100; // of the newest, after a break: some may have been removed meanwhile

export class Conversation extends EventTarget {
  #key;
  #target;
  #host;
  #room = null;
  #timeline = new Timeline();
  #hasOlder = false;
  #outgoing = [];
  #settling = []; // acknowledged, but what comes before is still being read
  #wanted = false; // load() was called
  #running = null;
  #again = false;
  #recheck = false;
  #removed = new Set(); // seqs: an answer that was on its way may still have the text
  #excerpt = null; // the last one
  #older = null;
  #marking = null;
  #markUpTo = ''; // what markRead() was last called for
  #unmarked = false; // a read mark that did not get through
  #timer = null;
  #failures = 0;
  #ended = false;
  #shown = [];
  #changed = oncePerMicrotask(() => this.#tellOfChange());

  constructor(key, target, host) {
    super();
    this.#key = key;
    this.#target = target;
    this.#host = host;
    this.#collectOutgoing();
  }

  get key() {
    return this.#key;
  }

  get target() {
    return this.#target;
  }

  get chat_room_id() {
    return this.#room;
  }

  get messages() {
    return this.#timeline.messages;
  }

  get outgoing() {
    return this.#outgoing;
  }

  get loaded() {
    return this.#timeline.started;
  }

  get hasOlder() {
    return this.#hasOlder;
  }

  async load() {
    this.#wanted = true;
    this.#recheck = true;
    try {
      await this.#refresh();
      this.#failures = 0;
    } catch (error) {
      this.#catchUpLater(error); // whoever asked is told; the rest is ours
      throw error;
    }
  }

  loadOlder() {
    if (!this.loaded) return this.load();
    if (!this.#hasOlder) return Promise.resolve();
    this.#older ??= this.#readOlder().finally(() => (this.#older = null));
    return this.#older;
  }

  async around(seq) {
    const { first } = this.#timeline;
    if (first === undefined || seq >= first.seq) return null;
    const path = await this.#path();
    const excerpt = new Excerpt(
      (query) => this.#page(path, query),
      () => this.#join(excerpt),
    );
    await excerpt.begin(seq, first);
    this.#excerpt = excerpt;
    this.#join(excerpt);
    return excerpt.joined ? null : excerpt;
  }

  send(text) {
    return this.#host.outbox.add(this.#key, text, this.loaded ? this.#timeline.lastSeq : null);
  }

  retry(client_msg_id) {
    this.#host.outbox.retry(client_msg_id);
  }

  discard(client_msg_id) {
    this.#host.outbox.discard(client_msg_id);
  }

  async markRead() {
    const last = this.#timeline.last;
    if (last === undefined || !this.#hasUnread()) return;
    this.#markUpTo = last.timestamp;
    this.#marking ??= this.#putReadMarks().finally(() => (this.#marking = null));
    await this.#marking;
  }

  // ---- for the client. Not in the contract.

  /** Messages of this conversation that have arrived. */
  receive(messages) {
    if (!this.loaded && this.#running === null) return; // load() will read them
    this.#placed(this.#timeline.add(messages.map((message) => this.#withoutRemoved(message))));
    this.#closeGapSoon();
  }

  /** A message of one's own has been stored. */
  stored(record, ack) {
    const { message } = record.view;
    const stored = { seq: ack.seq, user_id: this.#host.me(), message, timestamp: ack.timestamp };
    if (this.#wanted && ack.seq > this.#timeline.lastSeq) {
      this.#settling.push({ seq: ack.seq, view: record.view, hidden: record.hiddenBy !== null });
    }
    this.receive([stored]);
  }

  /** An administrator has removed the message. */
  removed(seq) {
    this.#removed.add(seq);
    const change = (message) => this.#withoutRemoved(message);
    this.#timeline.map(change);
    if (this.#excerpt && !this.#excerpt.joined) this.#excerpt.change((messages) => messages.map(change));
    this.#changed();
  }

  roomIs(chat_room_id) {
    if (this.#room === chat_room_id || typeof chat_room_id !== 'number') return;
    this.#room = chat_room_id;
    this.#changed();
  }

  outgoingChanged() {
    this.#collectOutgoing();
    this.#changed();
  }

  /**
   * Something may have been missed; `afterBreak`: also that messages were removed. Repeats itself until it has
   * succeeded; never rejects.
   */
  catchUp({ afterBreak = false } = {}) {
    if (!this.#wanted || this.#ended) return Promise.resolve();
    this.#recheck ||= afterBreak;
    clearTimeout(this.#timer);
    this.#timer = null;
    return this.#refresh().then(
      () => {
        this.#failures = 0;
        if (this.#unmarked) this.markRead().catch(() => {});
      },
      (error) => this.#catchUpLater(error),
    );
  }

  /** Nobody is signed in any more. */
  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #tellOfChange() {
    const now = [this.messages, this.outgoing, this.loaded, this.hasOlder, this.chat_room_id];
    if (now.every((value, at) => value === this.#shown[at])) return;
    this.#shown = now;
    this.dispatchEvent(customEvent('change', null));
  }

  // ---- reading

  // One at a time. Who asks while one is running may have asked because of something that came after its question.
  #refresh() {
    this.#again = true;
    this.#running ??= this.#readUntilCurrent().finally(() => {
      this.#running = null;
      this.#closeGapSoon();
    });
    return this.#running;
  }

  async #readUntilCurrent() {
    while (this.#again && !this.#ended) {
      this.#again = false;
      await this.#readNewer();
    }
  }

  async #readNewer() {
    const path = await this.#path();
    if (path === null) return this.#placed(this.#timeline.start([]));
    for (let more = true; more && !this.#ended; ) {
      this.#timeline.forgetEarly();
      const last = this.#timeline.last;
      const page = await this.#page(path, last ? { timestamp: this.#readFrom(last) } : {});
      this.#recheck = false;
      if (last) {
        for (const { seq, removed } of page.messages) if (removed && seq <= last.seq) this.removed(seq);
        this.#placed(this.#timeline.add(page.messages));
        more = page.has_more;
      } else {
        const isFirst = this.#timeline.messages.length === 0;
        if (isFirst) this.#hasOlder = page.has_more;
        this.#placed(this.#timeline.start(page.messages));
        more = false;
      }
    }
  }

  #readFrom(last) {
    if (!this.#recheck) return last.timestamp;
    const from = this.messages.at(-LOOKED_AT_AGAIN) ?? this.messages[0];
    return new Date(Date.parse(from.timestamp) - 1).toISOString();
  }

  async #readOlder() {
    const { first } = this.#timeline;
    const page = await this.#page(await this.#path(), { timestamp: first.timestamp, before: true });
    if (this.#timeline.first === first) this.#hasOlder = page.has_more; // else an excerpt has joined, which knows more
    this.#placed(this.#timeline.prepend(page.messages));
  }

  #join(excerpt) {
    const { first } = this.#timeline;
    if (excerpt.messages.at(-1).seq < first.seq - 1) return;
    excerpt.joined = true;
    if (excerpt.messages[0].seq < first.seq) this.#hasOlder = excerpt.hasOlder;
    this.#placed(this.#timeline.prepend(excerpt.messages));
  }

  async #page(path, query) {
    const page = await this.#host.get(path, query);
    const plain = (row) => this.#withoutRemoved(plainMessage(row, this.#host.me()));
    return { ...page, messages: page.messages.map(plain) };
  }

  #withoutRemoved(message) {
    return this.#removed.has(message.seq) && !message.removed ? withoutText(message) : message;
  }

  // null: a room that does not exist yet.
  async #path() {
    if (this.#target.bot) return '/chat_bot';
    if (this.#target.chat_group_id) return `/chat_groups/${this.#target.chat_group_id}`;
    if (this.#room === null) this.roomIs(await this.#host.findRoom(this.#target.user_id));
    return this.#room === null ? null : `/chat_rooms/${this.#room}`;
  }

  #closeGapSoon() {
    if (!this.#timeline.gap || this.#timer !== null || this.#running !== null || this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#timeline.gap) this.catchUp();
    }, GAP_PATIENCE_MS);
  }

  #catchUpLater(error) {
    // Without a socket there is nothing to hurry for: the next `ready` asks again. What is refused stays refused.
    if (this.#ended || !this.#host.isOnline() || error.passing === false) return;
    const pause = Math.max(error.retryAfterMs ?? 0, growing(this.#failures, 1000, MOST_PAUSE_MS));
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.catchUp();
    }, pause);
  }

  // ---- what follows from new messages

  #placed(messages) {
    for (const message of messages) if (message.user_id === this.#host.me()) this.#ownPlaced(message);
    this.#settling = this.#settling.filter((item) => item.seq > this.#timeline.lastSeq);
    this.#collectOutgoing();
    this.#changed();
  }

  // Seen before its ack has come: shown once, as a message. What is hidden is only not shown; it leaves with its ack.
  #ownPlaced(message) {
    this.#noteRead(message.timestamp); // sending moves one's own read mark
    const twin = this.#host.outbox.list(this.#key).find((record) => isTwin(record, message));
    if (twin) twin.hiddenBy = message.seq;
  }

  #collectOutgoing() {
    const waiting = this.#host.outbox.list(this.#key).filter((record) => record.hiddenBy === null);
    const settling = this.#settling.filter((item) => !item.hidden);
    const views = [...settling, ...waiting].map((item) => item.view);
    const same = views.length === this.#outgoing.length && views.every((view, at) => view === this.#outgoing[at]);
    if (!same) this.#outgoing = views;
  }

  // ---- read marks

  // As in `marks`; null: it can have none.
  #markKey() {
    if (this.#target.chat_group_id) return this.#key;
    return this.#room === null ? null : `room-${this.#room}`;
  }

  #noteRead(timestamp) {
    const key = this.#markKey();
    if (key !== null) this.#host.marks.note(key, timestamp);
  }

  #hasUnread() {
    const key = this.#markKey();
    if (key === null) return false;
    const me = this.#host.me();
    const newest = this.#timeline.messages.findLast((message) => message.user_id !== me);
    return newest !== undefined && !this.#host.marks.covers(key, newest.timestamp);
  }

  // One request at a time. Who asks while one is on its way has seen more than it says.
  async #putReadMarks() {
    for (let done = ''; done < this.#markUpTo && !this.#ended; ) {
      done = this.#markUpTo;
      await this.#putReadMark(done);
    }
  }

  async #putReadMark(timestamp) {
    const { chat_group_id } = this.#target;
    const whose = chat_group_id ? { chat_group_id } : { chat_room_id: this.#room };
    this.#unmarked = true;
    try {
      await this.#host.putReadMark({ ...whose, timestamp });
    } catch (error) {
      if (error.code !== 'not_found') throw error; // who is no member of a group has no mark in it
    }
    this.#unmarked = false;
    this.#noteRead(timestamp);
  }
}

// Whether this message of one's own can be that record. A tab that sends the same words at the same time may be
// mistaken for it; then one line is not shown until its ack comes.
function isTwin(record, message) {
  const { view, after_seq, hiddenBy } = record;
  if (hiddenBy !== null || view.state !== 'pending' || view.message !== message.message) return false;
  return after_seq === null ? message.timestamp >= view.created_at : message.seq > after_seq;
}
