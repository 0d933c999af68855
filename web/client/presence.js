// presence.js: the groups that this tab looks at. Entered again after every break, and after a reload.
//
// Used by parlor-client.js. Being present is the user's, not the tab's: when another tab leaves a group that this one
// still looks at, nobody tells us, but its next message comes as a notification_update; `missed` is for that.
//
//   post(chat_group_id, is_enter)   HTTP
//   onEntered(chat_group_id)        present, as the server says: now catch up
//   isOnline()

import { growing } from './pauses.js';

const MOST_PAUSE_MS = 30000;

export class Presence {
  #entered;
  #store;
  #name;
  #handlers;
  #last = new Map(); // the last request of each group: they must not overtake each other
  #retry = null;
  #failures = 0;
  #ended = false;

  constructor({ store, name }, handlers) {
    this.#store = store;
    this.#name = name;
    this.#handlers = handlers;
    const stored = store.read(name);
    this.#entered = new Set(Array.isArray(stored) ? stored.filter(Number.isSafeInteger) : []);
  }

  has(id) {
    return this.#entered.has(id);
  }

  async enter(id) {
    this.#entered.add(id);
    this.#save();
    try {
      await this.#inTurn(id, true);
    } catch (error) {
      if (!error.passing) this.forget(id); // no such group
      else this.#enterAllLater();
      throw error;
    }
    if (this.has(id) && !this.#ended) this.#handlers.onEntered(id);
  }

  leave(id) {
    this.forget(id);
    return this.#inTurn(id, false);
  }

  /** No longer present, and not by our own request. */
  forget(id) {
    if (this.#entered.delete(id)) this.#save();
  }

  /** The socket is back. Whatever fails is tried again while it lasts. */
  enterAll() {
    clearTimeout(this.#retry);
    this.#retry = null;
    const all = [...this.#entered].map((id) => this.enter(id).catch(() => {}));
    Promise.all(all).then(() => this.#retry === null && (this.#failures = 0));
  }

  /** There is a message in this group that did not come as one. */
  missed(id) {
    if (this.has(id)) this.enter(id).catch(() => {});
  }

  /** Nothing is tried any more. `discard`: and nothing is remembered. */
  end(discard) {
    clearTimeout(this.#retry);
    if (discard) this.#store.write(this.#name, null);
    this.#ended = true;
  }

  #enterAllLater() {
    if (this.#retry !== null || this.#ended || !this.#handlers.isOnline()) return;
    this.#retry = setTimeout(() => this.enterAll(), growing(this.#failures, 1000, MOST_PAUSE_MS));
    this.#failures += 1;
  }

  #inTurn(id, isEnter) {
    const before = this.#last.get(id) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.#handlers.post(id, isEnter));
    this.#last.set(id, mine);
    return mine;
  }

  #save() {
    if (this.#ended) return;
    this.#store.write(this.#name, this.#entered.size ? [...this.#entered] : null);
  }
}
