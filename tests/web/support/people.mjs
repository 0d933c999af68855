// people.mjs: people with accounts, and clients of theirs. Everything a test opens here is closed when it ends.

import { randomBytes } from 'node:crypto';

import WebSocket from 'ws';

import { ParlorClient } from '../../../web/parlor-client.js';
import { Proxy } from './proxy.mjs';
import { until } from './waiting.mjs';

export const PASSWORD = 'correct horse battery 7';
const templates = new WeakMap(); // stack → somebody whose password the others share

/** A storage as the browser's, for one tab. */
export class TabStorage {
  #values = new Map();
  getItem(name) {
    return this.#values.get(name) ?? null;
  }
  setItem(name, value) {
    this.#values.set(name, String(value));
  }
  removeItem(name) {
    this.#values.delete(name);
  }
  get names() {
    return [...this.#values.keys()];
  }
}

/** What one test works with. `context`: the test's own. */
export class Scene {
  #stack;
  #context;

  constructor(stack, context) {
    this.#stack = stack;
    this.#context = context;
  }

  /** A client of nobody yet: `options` of ParlorClient, and `through`: a Proxy. */
  client({ through, ...options } = {}) {
    const made = new ParlorClient({
      origin: through?.url ?? this.#stack.url,
      storage: new TabStorage(),
      WebSocket,
      reconnect: { firstMs: 50, mostMs: 1000 },
      ...options,
    });
    this.#context.after(() => made.close());
    return made;
  }

  /** Somebody new with an account: { email, user_id }. */
  async account(firstName = 'Ada') {
    if (!templates.has(this.#stack)) templates.set(this.#stack, registered(this.#stack));
    const { user_id } = await templates.get(this.#stack);
    const email = newAddress(firstName);
    const [[id]] = await this.#stack.sql(
      `INSERT INTO users (email, email_key, first_name, last_name, password_hash, created_at_ms)
         SELECT '${email}', '${email}', '${firstName}', 'Test', password_hash, created_at_ms
           FROM users WHERE id = ${user_id};
       SELECT LAST_INSERT_ID();`,
    );
    return { email, user_id: Number(id) };
  }

  /** A signed-in client, online. */
  async person(firstName, options) {
    const { email } = await this.account(firstName);
    return this.signedIn(email, options);
  }

  async signedIn(email, options) {
    const client = this.client(options);
    await client.login(email, PASSWORD);
    await online(client);
    return client;
  }

  async proxy() {
    const proxy = await Proxy.before(this.#stack.port);
    this.#context.after(() => proxy.close());
    return proxy;
  }

  /** Puts messages into the database; returns them. The clients are not told. */
  async history(conversationId, senders, count, text = (n) => `message ${n}`) {
    const [[last, at]] = await this.#stack.sql(
      `SELECT last_seq, last_sent_at_ms FROM conversations WHERE id = ${conversationId}`,
    );
    const rows = Array.from({ length: count }, (_, n) => {
      const sender = senders[n % senders.length];
      return `(${conversationId},${Number(at) + n + 1},${Number(last) + n + 1},${sender},'${text(n + 1)}')`;
    });
    await this.#stack.sql(
      `INSERT INTO messages (conversation_id, sent_at_ms, seq, sender_id, body) VALUES ${rows.join()};
       UPDATE conversations SET last_seq = last_seq + ${count}, last_sent_at_ms = last_sent_at_ms + ${count},
         last_sender_id = ${senders[(count - 1) % senders.length]} WHERE id = ${conversationId};`,
    );
  }
}

export function newAddress(firstName) {
  return `${firstName.toLowerCase()}.${randomBytes(5).toString('hex')}@example.org`;
}

/** Registers through the mail, as people do. */
export async function registered(stack, firstName = 'First') {
  const email = newAddress(firstName);
  const client = new ParlorClient({ origin: stack.url, storage: null, WebSocket });
  await client.register({ email, password: PASSWORD, first_name: firstName, last_name: 'Test' });
  const answer = await fetch(stack.url + (await stack.registrationLink(email)));
  if (answer.status !== 201) throw new Error(`the link answered ${answer.status}`);
  return { email, user_id: (await answer.json()).user_id };
}

export function online(client) {
  return until(() => client.connection === 'online', 'online');
}

/** Until nothing of one's own is on its way, and `count` messages are there. */
export function settled(conversation, count, seconds) {
  return until(
    () => conversation.outgoing.length === 0 && conversation.messages.length === count,
    `${count} messages in ${conversation.key}`,
    seconds,
  ).catch((error) => {
    throw new Error(`${error.message}: ${conversation.messages.length} and ${conversation.outgoing.length} outgoing`);
  });
}

export function texts(conversation) {
  return conversation.messages.map((message) => message.message);
}

/** Room of two signed-in people, loaded on both sides: [his, hers]. */
export async function talk(one, other) {
  const pair = [one.conversation({ user_id: other.userId }), other.conversation({ user_id: one.userId })];
  await Promise.all(pair.map((conversation) => conversation.load()));
  return pair;
}
