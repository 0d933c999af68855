// excerpt.js: a part of a conversation's history that does not reach down to the newest messages, for who jumps far up.
//
// Made by conversation.js. It has neither holes nor repeats and grows at both ends. When it has grown down to what the
// conversation has loaded, the two become one: `joined`, and from then on the conversation has it all.
//
// The history is asked for by time, and one wants a `seq`. Both grow together, so the time is searched for: where it
// would be if messages came evenly, and each second time in the middle, so that it always ends (40 questions for ten
// years, a handful as a rule, of one message each).

import { customEvent } from './events.js';

const PAGE = 100;
const NEAR = 60; // so close to the wanted one, a page has it

const iso = (ms) => new Date(ms).toISOString();

export class Excerpt extends EventTarget {
  messages = []; // a new array at every change
  hasOlder = false;
  /** True once everything here is in the conversation. */
  joined = false;
  #page;
  #onNewer;
  #older = null;
  #newer = null;

  /** `page(query)`: one page of the history; `onNewer()`: it has grown downwards. */
  constructor(page, onNewer) {
    super();
    this.#page = page;
    this.#onNewer = onNewer;
  }

  /** Reads the page with message `seq`. `after`: a message that is known to come later. */
  async begin(seq, after) {
    const query = await this.#find(seq, after);
    const page = await this.#page({ ...query, limit: PAGE });
    this.messages = page.messages;
    this.hasOlder = query.before ? page.has_more : page.messages[0]?.seq > 1;
  }

  loadOlder() {
    if (!this.hasOlder || this.joined) return Promise.resolve();
    this.#older ??= this.#readOlder().finally(() => (this.#older = null));
    return this.#older;
  }

  loadNewer() {
    if (this.joined) return Promise.resolve();
    this.#newer ??= this.#readNewer().finally(() => (this.#newer = null));
    return this.#newer;
  }

  /** For the conversation. */
  change(change) {
    this.messages = change(this.messages);
    this.dispatchEvent(customEvent('change', null));
  }

  async #readOlder() {
    const page = await this.#page({ timestamp: this.messages[0].timestamp, before: true, limit: PAGE });
    if (this.joined) return; // the conversation has gone on from there
    this.hasOlder = page.has_more;
    this.change((messages) => page.messages.concat(messages));
  }

  async #readNewer() {
    const page = await this.#page({ timestamp: this.messages.at(-1).timestamp, limit: PAGE });
    this.messages = this.messages.concat(page.messages);
    this.#onNewer();
    this.change((messages) => messages);
  }

  // The cursor whose page has message `seq`. What lies between `low` and `high` is later than low.at, earlier than
  // high.at.
  async #find(seq, after) {
    let low = await this.#firstAfter(0);
    let high = { seq: after.seq, at: Date.parse(after.timestamp) };
    const isNear = () => low === null || seq - low.seq <= NEAR || high.seq - seq <= NEAR;
    for (let n = 0; !isNear(); n += 1) {
      const share = n % 2 === 0 ? (seq - low.seq) / (high.seq - low.seq) : 0.5;
      const at = Math.min(Math.floor(low.at + (high.at - low.at) * share), high.at - 2);
      const found = await this.#firstAfter(at);
      if (found === null || found.seq >= high.seq) high = { seq: high.seq, at: at + 1 };
      else if (found.seq > seq) high = found;
      else low = found;
    }
    if (low !== null && seq - low.seq <= NEAR) return { timestamp: iso(low.at - 1) };
    return { timestamp: iso(high.at), before: true };
  }

  async #firstAfter(ms) {
    const [first] = (await this.#page({ timestamp: iso(ms), limit: 1 })).messages;
    return first ? { seq: first.seq, at: Date.parse(first.timestamp) } : null;
  }
}
