// socket.js: one signed-in socket that is kept open, with growing, jittered pauses between attempts.
//
// Used by parlor-client.js. It knows the first frame, `ready` and the close codes (docs/protocol.md, section 4); what
// the other frames mean is for whoever is given them. The handlers:
//
//   onState()          `state` or `retryAt` is different
//   onReady()          signed in: from now on every frame that is due arrives, or the socket closes
//   onFrame(frame)     a frame other than `ready`
//   onDown(code)       an open socket is gone; comes before the new state
//   onEnded(code)      4401, 4403: the session has ended; nothing is tried any more
//   isTokenGood()      asked after 4401, which a slow network can cause as well; may reject: not known
//
// A line can die without a word (another network, a forgotten NAT entry), and a page does not see the server's pings.
// So after a silence the server is asked for a sign of life (pulse.js): the token, sent again, is answered by `ready`.

import { growing, jittered } from './pauses.js';
import { Pulse } from './pulse.js';

const READY_TIMEOUT_MS = 20000;
const STEADY_MS = 5000; // a connection that lasted so long was a good one: pauses start small again

const SIGNED_OUT = 4401;
const SESSION_ENDED = 4403;
const SERVER_RESTARTS = 1012;
const TOO_FAST = 4429;
/** Close codes that only a defect of ours can cause. */
export const DEFECTS = new Set([1003, 1007, 4400, 4413]);

export class Socket {
  /** 'closed', or one of the contract's: 'connecting', 'online', 'waiting'. */
  state = 'closed';
  retryAt = null;
  #url;
  #WebSocket;
  #firstMs;
  #mostMs;
  #handlers;
  #token = null;
  #ws = null;
  #attempt = 0;
  #readyAt = 0;
  #pulse;
  #timer = null;

  /** `quietMs`, `answerMs`: as in pulse.js. */
  constructor({ url, WebSocket, firstMs = 500, mostMs = 30000, quietMs, answerMs }, handlers) {
    this.#url = url;
    this.#WebSocket = WebSocket;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#handlers = handlers;
    this.#pulse = new Pulse(
      { quietMs, answerMs },
      { ask: () => this.send({ token: this.#token }), onDead: () => this.giveUp() },
    );
  }

  open(token) {
    this.close();
    this.#token = token;
    this.#attempt = 0;
    this.#connect();
  }

  close() {
    this.#token = null;
    this.#abandon();
    this.#enter('closed');
  }

  /** False: not online, nothing was sent. */
  send(frame) {
    if (this.state !== 'online') return false;
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  connectNow() {
    if (this.state === 'waiting') this.#connect();
    if (this.state !== 'online') return;
    if (!this.#pulse.slept) {
      this.#pulse.hurry();
      return;
    }
    // The machine slept, and the server has long dropped us: nothing to ask.
    this.giveUp();
    this.#connect();
  }

  /** This socket is dead, though nobody has said so: a new one, soon. */
  giveUp() {
    if (this.state === 'online' || this.state === 'connecting') this.#lost(1006);
  }

  // ---- one attempt

  #connect() {
    this.#abandon();
    this.#enter('connecting');
    let ws;
    try {
      ws = new this.#WebSocket(this.#url);
    } catch {
      this.#lost(1006);
      return;
    }
    this.#ws = ws;
    this.#timer = setTimeout(() => this.#lost(1006), READY_TIMEOUT_MS);
    ws.onopen = () => ws.send(JSON.stringify({ token: this.#token }));
    ws.onmessage = (event) => this.#received(event.data);
    ws.onclose = (event) => this.#lost(event.code);
    ws.onerror = () => {}; // `close` follows, and says more
  }

  #received(text) {
    this.#pulse.heard();
    const frame = parsedFrame(text);
    if (frame === null) return;
    if (frame.type !== 'ready') {
      this.#handlers.onFrame(frame);
      return;
    }
    if (this.state === 'online') return; // the sign of life that was asked for
    clearTimeout(this.#timer);
    this.#readyAt = Date.now();
    this.#pulse.start();
    this.#enter('online');
    this.#handlers.onReady(frame);
  }

  // Takes its handlers from the socket, so that whatever it still does concerns nobody.
  #abandon() {
    clearTimeout(this.#timer);
    this.#pulse.stop();
    const ws = this.#ws;
    this.#ws = null;
    if (ws === null) return;
    ws.onopen = ws.onmessage = ws.onclose = null;
    ws.onerror = () => {};
    try {
      ws.close();
    } catch {
      // It was never open.
    }
  }

  #lost(code) {
    const wasOnline = this.state === 'online';
    if (wasOnline && Date.now() - this.#readyAt > STEADY_MS) this.#attempt = 0;
    this.#abandon();
    if (wasOnline) this.#handlers.onDown(code);
    if (this.#token === null) return; // onDown has closed us
    if (code === SESSION_ENDED) this.#end(code);
    else if (code === SIGNED_OUT) this.#checkToken();
    else this.#wait(this.#pauseAfter(code));
  }

  #checkToken() {
    const token = this.#token;
    this.#wait(this.#pauseAfter(SIGNED_OUT));
    this.#handlers.isTokenGood().then(
      (good) => {
        if (!good && this.#token === token) this.#end(SIGNED_OUT);
      },
      () => {}, // not known: the next attempt will tell
    );
  }

  #end(code) {
    this.close();
    this.#handlers.onEnded(code);
  }

  #pauseAfter(code) {
    const usual = growing(this.#attempt, this.#firstMs, this.#mostMs);
    this.#attempt += 1;
    if (DEFECTS.has(code)) return jittered(this.#mostMs);
    if (code === TOO_FAST) return Math.max(usual, jittered(this.#firstMs * 40));
    // Everybody was thrown out in the same moment.
    if (code === SERVER_RESTARTS) return Math.max(usual, this.#firstMs * (1 + 7 * Math.random()));
    return usual;
  }

  #wait(ms) {
    this.retryAt = Date.now() + ms;
    this.#timer = setTimeout(() => this.#connect(), ms);
    this.#enter('waiting');
  }

  #enter(state) {
    if (state !== 'waiting') this.retryAt = null;
    const known = this.state === state && state !== 'waiting';
    this.state = state;
    if (!known) this.#handlers.onState();
  }
}

function parsedFrame(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame === 'object' && frame !== null && typeof frame.type === 'string' ? frame : null;
  } catch {
    return null;
  }
}
