// farewells.js: sessions that were ended here while the server could not be reached. It is told as soon as it can be.
//
// Used by parlor-client.js. The tokens are kept in memory alone: who signs out of a shared computer wants nothing of
// the session left in it. So the server never hears of it if the page is closed before; then the session ends by its
// age.

import { growing } from './pauses.js';

const MOST_PAUSE_MS = 60000;

export class Farewells {
  #waiting = new Set(); // tokens
  #post;
  #timer = null;
  #failures = 0;

  /** `post(token)`: tells the server; rejects with a ParlorError. */
  constructor(post) {
    this.#post = post;
  }

  /** Whether the server knows now. */
  async say(token) {
    try {
      await this.#post(token);
      this.#waiting.delete(token);
    } catch (error) {
      if (!error.passing) this.#waiting.delete(token); // it had ended already
      else this.#waiting.add(token);
    }
    if (this.#waiting.size > 0) this.#later();
    return !this.#waiting.has(token);
  }

  /** The network may be back. */
  hurry() {
    if (this.#waiting.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    for (const token of this.#waiting) this.say(token);
  }

  end() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.clear();
  }

  #later() {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => this.hurry(), growing(this.#failures, 1000, MOST_PAUSE_MS));
    this.#timer.unref?.(); // Node: no reason to go on living
    this.#failures += 1;
  }
}
