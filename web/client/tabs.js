// tabs.js: what the tabs of one person in one browser tell each other about the groups they look at.
//
// Used by presence.js. Nothing is remembered of the others: who wants to leave a group asks, and a tab that is closed
// or asleep does not answer. One that answers too late hears `left`, and enters again. Without a BroadcastChannel
// (Node, old browsers) nobody ever answers. The messages: { ask: id }, { shown: id }, { left: id }.

const PATIENCE_MS = 200;

export class Tabs {
  #channel = null;
  #waiting = new Map(); // id → those who want to hear that a tab shows it
  #handlers;

  /** `shows(id)`: whether this tab looks at the group; `onLeft(id)`: another tab has left it. */
  constructor(BroadcastChannel, name, handlers) {
    this.#handlers = handlers;
    if (!BroadcastChannel) return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#heard(data ?? {});
  }

  /** Whether another tab looks at this group. */
  anyShows(id) {
    if (this.#channel === null) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      const finish = (isShown) => {
        clearTimeout(timer);
        waiting.delete(finish);
        resolve(isShown);
      };
      const timer = setTimeout(() => finish(false), PATIENCE_MS);
      this.#waiting.set(id, waiting.add(finish));
      this.#channel.postMessage({ ask: id });
    });
  }

  tellLeft(id) {
    this.#channel?.postMessage({ left: id });
  }

  close() {
    this.#channel?.close();
    this.#channel = null;
  }

  #heard({ ask, shown, left }) {
    if (ask !== undefined && this.#handlers.shows(ask)) this.#channel?.postMessage({ shown: ask });
    if (left !== undefined) this.#handlers.onLeft(left);
    for (const finish of this.#waiting.get(shown) ?? []) finish(true);
  }
}
