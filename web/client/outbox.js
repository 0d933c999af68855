// outbox.js: the messages of one person that are not acknowledged yet, and their way to the server.
//
// Used by parlor-client.js. They are kept in the store, so they survive a reload, and leave it with their ack. Of one
// conversation a message is sent when the one before it is acknowledged or has failed, so they always arrive in the
// order in which they were sent; several conversations go at once. A repeat carries the same client_msg_id, so it can't
// be stored twice. The handlers:
//
//   send(frame)             false: not online
//   onChange(key)           list(key) is different
//   onStored(record, ack)   acknowledged, and about to leave the list
//   onSilence()             no answer for ackTimeoutMs: the socket must be dead

import { failureOf, newMessageId, wellFormed } from './messages.js';
import { growing, Pacer } from './pauses.js';
import { Store } from './store.js';
import { sendFrame, targetOf } from './targets.js';

const MOST_AT_ONCE = 8;
const LAZY_SAVE_MS = 250;
const MOST_PAUSE_MS = 30000;

export class Outbox {
  #records = new Map(); // by client_msg_id, in the order of sending
  #sent = new Map(); // client_msg_id → the timer of its answer
  #store;
  #name;
  #handlers;
  #ackTimeoutMs;
  #pacer = new Pacer();
  #online = false;
  #again = null;
  #unavailable = 0;
  #saveAsked = null; // 'soon', or the timer of a lazy one
  #ended = false;

  constructor({ store, name, ackTimeoutMs }, handlers) {
    this.#store = store;
    this.#name = name;
    this.#ackTimeoutMs = ackTimeoutMs;
    this.#handlers = handlers;
    this.#restore();
  }

  /** Those of one conversation, in the order of sending: { view, key, after_seq, hiddenBy }. */
  list(key) {
    return [...this.#records.values()].filter((record) => record.key === key);
  }

  /** By key: how many are `pending` and `failed`, and when the `newest` was written. Without what is shown as sent. */
  summary() {
    const byKey = new Map();
    for (const { key, hiddenBy, view } of this.#records.values()) {
      if (hiddenBy !== null) continue;
      const counts = byKey.get(key) ?? { pending: 0, failed: 0, newest: '' };
      counts[view.state] += 1;
      if (view.created_at > counts.newest) counts.newest = view.created_at;
      byKey.set(key, counts);
    }
    return byKey;
  }

  /** `after_seq`: the last message that was known to be there when this one was written; null: none was. */
  add(key, text, after_seq) {
    const message = wellFormed(text);
    const view = { client_msg_id: newMessageId(), message, created_at: new Date().toISOString(), state: 'pending' };
    const record = { key, after_seq, hiddenBy: null, view };
    const failure = failureOf(message, this.#frame(record));
    if (failure) record.view = { ...view, state: 'failed', error: failure };
    this.#records.set(view.client_msg_id, record);
    this.#changed(record);
    return record.view;
  }

  /** Puts it at the end of the queue. */
  retry(id) {
    const record = this.#records.get(id);
    if (record?.view.state !== 'failed') return;
    this.#records.delete(id);
    this.#records.set(id, record);
    this.#setState(record, 'pending');
  }

  discard(id) {
    const record = this.#records.get(id);
    if (!record) return;
    this.#forget(record);
    this.#changed(record);
  }

  // ---- the connection

  online() {
    this.#online = true;
    this.#pump();
  }

  /** `failure`: the frames that were on their way must be what broke it; null: they are sent again. */
  offline(failure = null) {
    this.#online = false;
    const unanswered = [...this.#sent.keys()].map((id) => this.#records.get(id));
    this.#sent.forEach((timer) => clearTimeout(timer));
    this.#sent.clear();
    clearTimeout(this.#again);
    this.#again = null;
    if (failure) unanswered.forEach((record) => this.#setState(record, 'failed', failure));
  }

  /** For good: nothing is sent or saved any more. `discard`: and nothing is left behind. */
  end(discard) {
    this.offline();
    if (this.#saveAsked !== 'soon') clearTimeout(this.#saveAsked);
    if (discard) this.#records.clear();
    this.#save();
    this.#ended = true;
  }

  // ---- answers

  acknowledged(ack) {
    const record = this.#records.get(ack.client_msg_id);
    if (!record) return; // discarded, or another tab's
    this.#unavailable = 0;
    this.#pacer.accepted();
    this.#handlers.onStored(record, ack);
    this.#forget(record);
    this.#changed(record, true);
  }

  /** An error frame with a client_msg_id. */
  refused(error) {
    const record = this.#records.get(error.client_msg_id);
    if (!record || !this.#sent.has(error.client_msg_id)) return;
    this.#answered(error.client_msg_id);
    if (error.code === 'too_fast') {
      this.#pacer.refused(error.retry_after_ms ?? 0);
    } else if (error.code === 'unavailable') {
      this.#pacer.pause(growing(this.#unavailable, 1000, MOST_PAUSE_MS));
      this.#unavailable += 1;
    } else {
      this.#setState(record, 'failed', { code: error.code, message: error.message });
    }
    this.#pump();
  }

  // ---- within

  #frame(record) {
    return sendFrame(targetOf(record.key), record.view.message, record.view.client_msg_id);
  }

  #pump() {
    clearTimeout(this.#again);
    this.#again = null;
    if (!this.#online) return;
    for (const record of this.#due()) {
      const wait = this.#pacer.take();
      if (wait > 0) {
        this.#again = setTimeout(() => this.#pump(), wait);
        return;
      }
      if (!this.#handlers.send(this.#frame(record))) return;
      this.#sent.set(
        record.view.client_msg_id,
        setTimeout(() => this.#handlers.onSilence(), this.#ackTimeoutMs),
      );
    }
  }

  // The first pending one of each conversation, if it is not on its way, as many as may be.
  #due() {
    const seen = new Set();
    const due = [];
    let free = MOST_AT_ONCE - this.#sent.size;
    for (const record of this.#records.values()) {
      if (free <= 0) break;
      if (record.view.state !== 'pending' || seen.has(record.key)) continue;
      seen.add(record.key);
      if (this.#sent.has(record.view.client_msg_id)) continue;
      due.push(record);
      free -= 1;
    }
    return due;
  }

  #answered(id) {
    clearTimeout(this.#sent.get(id));
    this.#sent.delete(id);
  }

  #forget(record) {
    this.#answered(record.view.client_msg_id);
    this.#records.delete(record.view.client_msg_id);
  }

  #setState(record, state, error) {
    const { error: _, ...rest } = record.view;
    record.view = error ? { ...rest, state, error } : { ...rest, state };
    if (state === 'failed') record.hiddenBy = null;
    this.#changed(record);
  }

  // `lazily`: an ack that is not saved costs one repeat, which the server recognizes.
  #changed(record, lazily = false) {
    this.#askToSave(lazily);
    this.#handlers.onChange(record.key);
    this.#pump();
  }

  #askToSave(lazily) {
    if (this.#saveAsked === 'soon' || (lazily && this.#saveAsked)) return;
    clearTimeout(this.#saveAsked);
    if (lazily) {
      this.#saveAsked = setTimeout(() => this.#save(), LAZY_SAVE_MS);
    } else {
      this.#saveAsked = 'soon';
      queueMicrotask(() => this.#saveAsked === 'soon' && this.#save());
    }
  }

  #save() {
    this.#saveAsked = null;
    if (this.#ended) return;
    const rows = [...this.#records.values()].map(({ key, after_seq, view }) => ({ key, after_seq, view }));
    this.#store.write(this.#name, rows.length ? rows : null);
  }

  #restore() {
    const rows = this.#store.read(this.#name);
    if (!Array.isArray(rows)) return;
    for (const row of rows) {
      if (targetOf(row?.key) === null || typeof row.view?.client_msg_id !== 'string') continue;
      this.#records.set(row.view.client_msg_id, { ...row, hiddenBy: null });
    }
  }
}

/** For a conversation that was asked for while nobody is signed in: what is written there is for nobody. */
export function nobodysOutbox() {
  const handlers = { send: () => false, onChange: () => {}, onStored: () => {}, onSilence: () => {} };
  return new Outbox({ store: new Store(null, () => {}), name: 'nobody', ackTimeoutMs: 0 }, handlers);
}
