// store.js: what survives a reload, in the storage the application has given (by default the tab's sessionStorage).
//
// Used by parlor-client.js, outbox.js and presence.js. A storage may be full, or forbidden by the browser: then things
// are kept in memory, and `onFull` is told once.

export class Store {
  #storage;
  #memory = new Map();
  #onFull;
  #told = false;

  constructor(storage, onFull) {
    this.#storage = storage;
    this.#onFull = onFull;
  }

  /** What was stored under the name; null: nothing, or nothing that can be read. */
  read(name) {
    let text = this.#memory.get(name) ?? null;
    try {
      text ??= this.#storage?.getItem(`parlor.${name}`) ?? null;
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** null: removes it. */
  write(name, value) {
    this.#memory.delete(name);
    try {
      if (value === null) this.#storage?.removeItem(`parlor.${name}`);
      else if (this.#storage) this.#storage.setItem(`parlor.${name}`, JSON.stringify(value));
      else this.#memory.set(name, JSON.stringify(value));
    } catch {
      if (value !== null) this.#memory.set(name, JSON.stringify(value));
      this.#tellOnce();
    }
  }

  #tellOnce() {
    if (!this.#told) this.#onFull();
    this.#told = true;
  }
}

/** The tab's own storage. Even to look at it can be forbidden. */
export function defaultStorage() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
