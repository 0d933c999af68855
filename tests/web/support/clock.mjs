// clock.mjs: Date.now, setTimeout and clearTimeout as a test says, until it ends.

export class Clock {
  #now = Date.now();
  #timers = new Map(); // number -> { at, action }
  #last = 0;

  /** From now on `pass` moves the time. `context`: the test's own. */
  constructor(context) {
    const real = { setTimeout, clearTimeout, now: Date.now };
    Date.now = () => this.#now;
    globalThis.setTimeout = (action, ms = 0) => {
      this.#last += 1;
      this.#timers.set(this.#last, { at: this.#now + ms, action });
      return this.#last;
    };
    globalThis.clearTimeout = (number) => this.#timers.delete(number);
    context.after(() => {
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
      Date.now = real.now;
    });
  }

  /** Timers ring in their order, each at its time. */
  pass(ms) {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#ring(next);
    }
    this.#now = end;
  }

  /** The page stands still so long; what is due then rings late, once. */
  standStill(ms) {
    this.#now += ms;
    const due = this.#next(this.#now);
    if (due) this.#ring(due);
  }

  #next(end) {
    const due = [...this.#timers].map(([number, timer]) => ({ number, ...timer })).filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at || a.number - b.number)[0];
  }

  #ring({ number, action }) {
    this.#timers.delete(number);
    action();
  }
}
