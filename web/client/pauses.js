// pauses.js: how long to wait before trying again. Pure; used by socket.js, outbox.js, conversation.js, presence.js.

/** `ms`, less up to a half of it: so that not everybody comes back in the same moment. */
export function jittered(ms) {
  return ms * (1 - Math.random() / 2);
}

/** The pause before attempt number `attempt` (from 0 on): doubled each time, up to `mostMs`. */
export function growing(attempt, firstMs, mostMs) {
  return jittered(Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 20)));
}

// Below the server's 20 a second with bursts of 200, which all tabs and devices of a person share.
const BURST = 100;
const GAP_MS = 60;
const MOST_GAP_MS = 1000;

/** When the next message may be sent: a token bucket, which slows down when the server still refuses. */
export class Pacer {
  #tokens = BURST;
  #gapMs = GAP_MS;
  #countedAt;
  #notBefore = 0;
  #now;

  /** `now`: milliseconds of a clock that is never set. */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#countedAt = now();
  }

  /** 0: send now, and it has been counted. Else the milliseconds to wait before asking again. */
  take() {
    const now = this.#now();
    this.#tokens = Math.min(BURST, this.#tokens + (now - this.#countedAt) / this.#gapMs);
    this.#countedAt = now;
    if (now < this.#notBefore) return Math.ceil(this.#notBefore - now);
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) * this.#gapMs);
    this.#tokens -= 1;
    return 0;
  }

  /** Nothing before `ms` have passed. */
  pause(ms) {
    this.#notBefore = Math.max(this.#notBefore, this.#now() + ms);
  }

  /** The server said too_fast: others of the same person are sending, too. */
  refused(retryAfterMs) {
    this.#tokens = 1;
    this.#countedAt = this.#now();
    this.#gapMs = Math.min(MOST_GAP_MS, this.#gapMs * 2);
    this.pause(Math.max(retryAfterMs, GAP_MS));
  }

  accepted() {
    this.#gapMs = Math.max(GAP_MS, this.#gapMs * 0.9);
  }
}
