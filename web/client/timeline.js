// timeline.js: the loaded part of one conversation: messages in the order of `seq`, without holes or repeats.
//
// Pure; used by conversation.js. What arrives too early, because something before it is still missing, waits here. That
// is bounded: when too much waits, some is dropped, and `gap` makes the caller read it from the history.

const MOST_EARLY = 2000;

export class Timeline {
  /** A new array at every change. */
  messages = [];
  /** Whether anything has been loaded: before, everything is early. */
  started = false;
  #early = new Map();
  #dropped = false;

  get first() {
    return this.messages[0];
  }

  get last() {
    return this.messages[this.messages.length - 1];
  }

  get lastSeq() {
    return this.messages.length ? this.last.seq : 0;
  }

  /** Something newer is known, and something before it is not. */
  get gap() {
    return this.started && (this.#early.size > 0 || this.#dropped);
  }

  /** The newest page; empty: there is nothing yet. Returns what is new here, as the others do. */
  start(page) {
    if (this.messages.length > 0) return this.add(page); // live ones were faster
    this.started = true;
    this.messages = page.slice();
    return page.concat(this.#takeEarly());
  }

  /** Newer ones, in the order of `seq`. */
  add(messages) {
    if (!this.started) {
      messages.forEach((message) => this.#keepEarly(message));
      return [];
    }
    const next = [];
    let expected = this.lastSeq + 1;
    for (const message of messages) {
      if (message.seq === expected) {
        next.push(message);
        expected += 1;
      } else if (message.seq > expected) {
        this.#keepEarly(message);
      }
    }
    if (next.length) this.messages = this.messages.concat(next);
    return next.concat(this.#takeEarly());
  }

  /** Older ones, right before the first. */
  prepend(page) {
    const older = page.filter((message) => message.seq < this.first.seq);
    this.messages = older.concat(this.messages);
    return older;
  }

  /** `change(message)`: another object, or the same. */
  map(change) {
    const next = this.messages.map(change);
    if (next.some((message, at) => message !== this.messages[at])) this.messages = next;
    for (const [seq, message] of this.#early) this.#early.set(seq, change(message));
  }

  /** Before reading from the history: what has arrived until now is in there. */
  forgetEarly() {
    this.#early.clear();
    this.#dropped = false;
  }

  #keepEarly(message) {
    if (this.#early.size < MOST_EARLY) this.#early.set(message.seq, message);
    else this.#dropped = true;
  }

  // Those whose turn has come.
  #takeEarly() {
    const taken = [];
    if (this.#early.size === 0) return taken;
    for (let seq = this.lastSeq + 1; this.#early.has(seq); seq += 1) taken.push(this.#early.get(seq));
    if (taken.length) this.messages = this.messages.concat(taken);
    for (const seq of [...this.#early.keys()]) if (seq <= this.lastSeq) this.#early.delete(seq);
    return taken;
  }
}
