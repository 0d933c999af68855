// pulse.js: whether an open socket still lives. Used by socket.js, which says what it hears.
//
// When nothing was heard for about `quietMs`, `ask()` sends what the server answers at once; when nothing at all comes
// for `answerMs` after that, `onDead()`. Any frame is a sign of life, so a slow line that is busy is not asked at all.
// A timer that rings late says that the page itself stood still, and with it what had arrived: then it asks once more.
// Neither is called any more after stop().

const LATE_MS = 2000;
const HURRIED_MS = 8000; // somebody is looking; the worst that a mistake costs is a new connection
const HEARD_MS = 5000; // heard so recently, it need not be asked
// Even a hidden page's timers ring once a minute. Whoever has not heard anything for so long did not run.
const SLEPT_MS = 180000;

export class Pulse {
  #quietMs;
  #answerMs;
  #handlers;
  #heardAt = 0;
  #answerBy = 0; // 0: no answer is owed
  #isRunning = false;
  #timer = null;

  /** Defaults: about 50 s, so a dead line shows within 70; and 20 s, as long as signing in may take. */
  constructor({ quietMs = 50000, answerMs = 20000 }, handlers) {
    this.#quietMs = quietMs;
    this.#answerMs = answerMs;
    this.#handlers = handlers;
  }

  start() {
    this.#isRunning = true;
    this.heard();
    this.#listen();
  }

  stop() {
    this.#isRunning = false;
    this.#answerBy = 0;
    clearTimeout(this.#timer);
  }

  heard() {
    this.#heardAt = Date.now();
    if (this.#answerBy === 0) return;
    this.#answerBy = 0;
    this.#listen();
  }

  get slept() {
    return Date.now() - this.#heardAt > Math.max(SLEPT_MS, 3 * (this.#quietMs + this.#answerMs));
  }

  /** Asks at once, and waits less long, unless something was heard just now, or the answer is nearly overdue. */
  hurry() {
    const patienceMs = Math.min(HURRIED_MS, this.#answerMs);
    const isDueSooner = this.#answerBy !== 0 && this.#answerBy - Date.now() <= patienceMs;
    if (!isDueSooner && Date.now() - this.#heardAt > Math.min(HEARD_MS, this.#quietMs)) this.#ask(patienceMs);
  }

  // One timer at a time, which is not set anew with each frame: it looks when it rings.
  #listen() {
    if (!this.#isRunning) return;
    const silence = Date.now() - this.#heardAt;
    this.#after(Math.max(0, this.#quietMs * (0.8 + 0.4 * Math.random()) - silence), () => {
      if (Date.now() - this.#heardAt >= this.#quietMs * 0.8) this.#ask(this.#answerMs);
      else this.#listen();
    });
  }

  #ask(patienceMs) {
    this.#answerBy = Date.now() + patienceMs;
    this.#handlers.ask();
    this.#after(patienceMs, () => {
      if (Date.now() - this.#answerBy > LATE_MS) this.#ask(patienceMs);
      else this.#handlers.onDead();
    });
  }

  #after(ms, action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }
}
