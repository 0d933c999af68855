// presence.js: the groups that this tab looks at. Entered again after every break, and after a reload.
//
// Used by parlor-client.js. Being present is the user's, not the tab's. So a tab that leaves a group asks the others
// (tabs.js) first, and says nothing when one of them still looks at it. Where they can't be asked, as on another
// device, nobody tells us of their leaving, but the group's next message comes as a notification_update; `missed` is for
// that.
// What is wanted is remembered both ways: an entering or a leaving that fails is repeated.
//
//   post(chat_group_id, is_enter)   HTTP
//   memberOf()                      a Set of the groups that the user is a member of
//   onAnswered(chat_group_id)       present, or not to be: whatever is read from now on is current
//   onRemoved(chat_group_id)        put out of it while the line was down
//   isOnline()

import { growing } from './pauses.js';

const MOST_PAUSE_MS = 30000;

export class Presence {
  #entered;
  #member = new Set(); // of #entered: the server has said yes once
  #leaving; // to be left, and the server does not know yet
  #store;
  #name;
  #tabs;
  #handlers;
  #last = new Map(); // the last request of each group: they must not overtake each other
  #retry = null;
  #entering = new Map(); // id → the promise of enter(), while it is on its way
  #failures = 0;
  #ended = false;

  /** `tabs`: a function that makes the Tabs for our answers; see tabs.js. */
  constructor({ store, name, tabs }, handlers) {
    this.#store = store;
    this.#name = name;
    this.#handlers = handlers;
    const stored = store.read(name);
    this.#entered = idsIn(stored?.entered);
    this.#member = new Set(this.#entered);
    this.#leaving = idsIn(stored?.leaving);
    this.#tabs = tabs({ shows: (id) => this.has(id), onLeft: (id) => this.missed(id) });
  }

  has(id) {
    return this.#entered.has(id);
  }

  /** Is asked and not answered. */
  isEntering(id) {
    return this.#entering.has(id);
  }

  /** Who asks while one is on its way shares its answer. */
  enter(id) {
    const shared = this.#entering.get(id);
    if (shared) return shared;
    const mine = this.#enter(id).finally(() => this.#entering.get(id) === mine && this.#entering.delete(id));
    this.#entering.set(id, mine);
    return mine;
  }

  async #enter(id) {
    this.#entered.add(id);
    this.#leaving.delete(id);
    this.#save();
    try {
      await this.#inTurn(id, () => this.#handlers.post(id, true));
      if (this.has(id) && !this.#ended) this.#member.add(id);
    } catch (error) {
      if (!error.passing) this.forget(id); // no such group
      else this.#settleLater();
      throw error;
    } finally {
      if (!this.#ended) this.#handlers.onAnswered(id);
    }
  }

  async leave(id) {
    this.#entering.delete(id); // who enters again means a request after this one
    this.#entered.delete(id);
    this.#member.delete(id);
    this.#leaving.add(id);
    this.#save();
    try {
      await this.#inTurn(id, () => this.#leaveUnlessShown(id));
    } catch (error) {
      if (!error.passing) this.forget(id);
      else this.#settleLater();
      throw error;
    }
  }

  /** No longer present, and not by our own request. */
  forget(id) {
    this.#member.delete(id);
    const [entered, leaving] = [this.#entered.delete(id), this.#leaving.delete(id)];
    if (entered || leaving) this.#save();
  }

  /** The socket is back. Whatever fails is tried again while the socket lasts. */
  settle() {
    clearTimeout(this.#retry);
    this.#retry = null;
    this.#forgetLost().then(
      () => this.#settleAll(),
      () => {
        for (const id of this.#entered) this.#handlers.onAnswered(id);
        this.#settleLater();
      },
    );
  }

  /** Somebody looks again, and the socket was there all the time: whoever was put out of a group has heard of it. */
  look() {
    if (this.#retry === null) this.#settleAll();
    else this.settle();
  }

  // Entering makes one a member, so whoever was put out of a group while the line was down would come back by himself.
  async #forgetLost() {
    const asked = [...this.#entered].filter((id) => this.#member.has(id));
    if (asked.length === 0) return;
    const groups = await this.#handlers.memberOf();
    for (const id of asked) {
      if (this.#ended || groups.has(id) || !this.has(id)) continue;
      this.forget(id);
      this.#handlers.onRemoved(id);
      this.#handlers.onAnswered(id);
    }
  }

  #settleAll() {
    if (this.#ended) return;
    const all = [
      ...[...this.#entered].map((id) => this.enter(id)),
      ...[...this.#leaving].map((id) => this.leave(id)),
    ].map((settled) => settled.catch(() => {}));
    Promise.all(all).then(() => this.#retry === null && (this.#failures = 0));
  }

  /** There is a message in this group that did not come as one, or another tab has left it. */
  missed(id) {
    this.#entering.delete(id); // the one on its way may have been answered before
    if (this.has(id) && !this.#ended) this.enter(id).catch(() => {});
  }

  /** Nothing is tried any more. `discard`: and nothing is remembered. */
  end(discard) {
    clearTimeout(this.#retry);
    this.#tabs.close();
    if (discard) this.#store.write(this.#name, null);
    this.#ended = true;
  }

  // When its turn comes, the group may have been entered again.
  async #leaveUnlessShown(id) {
    if (!this.#leaving.has(id)) return;
    const isShown = await this.#tabs.anyShows(id);
    if (this.#ended || !this.#leaving.has(id)) return;
    if (!isShown) await this.#handlers.post(id, false);
    if (this.#leaving.delete(id)) this.#save();
    if (!isShown) this.#tabs.tellLeft(id);
  }

  #settleLater() {
    if (this.#retry !== null || this.#ended || !this.#handlers.isOnline()) return;
    this.#retry = setTimeout(() => this.settle(), growing(this.#failures, 1000, MOST_PAUSE_MS));
    this.#failures += 1;
  }

  #inTurn(id, action) {
    const before = this.#last.get(id) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(action);
    this.#last.set(id, mine);
    return mine;
  }

  #save() {
    if (this.#ended) return;
    const [entered, leaving] = [[...this.#entered], [...this.#leaving]];
    this.#store.write(this.#name, entered.length + leaving.length > 0 ? { entered, leaving } : null);
  }
}

const idsIn = (list) => new Set(Array.isArray(list) ? list.filter(Number.isSafeInteger) : []);
