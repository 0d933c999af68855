// proxy.mjs: a TCP proxy in front of the stack, for cutting and silencing the connections of one client.

import { connect, createServer } from 'node:net';

export class Proxy {
  /** Connections that were accepted. */
  accepted = 0;
  #pairs = new Set();
  #server;
  #refusing = false;
  #isHolding = false;

  static async before(port) {
    const proxy = new Proxy();
    proxy.#server = createServer((client) => proxy.#join(client, port));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  #join(client, port) {
    this.accepted += 1;
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const server = connect(port, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    if (!this.#isHolding) join(pair);
    for (const side of [client, server]) {
      side.on('error', () => {});
      side.on('close', () => this.#destroy(pair));
    }
  }

  #destroy(pair) {
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  }

  /** Ends every connection as a broken line does: what was under way is lost. */
  cut() {
    for (const pair of [...this.#pairs]) this.#destroy(pair);
  }

  /** Cuts, and takes no new connections until comeBack(). */
  goAway() {
    this.#refusing = true;
    this.cut();
  }

  comeBack() {
    this.#refusing = false;
  }

  /** The present connections stay open and nothing passes any more. */
  fallSilent() {
    for (const { client, server } of this.#pairs) {
      client.unpipe(server);
      server.unpipe(client);
      client.resume();
      server.resume();
    }
  }

  /** A server that is very slow: nothing passes, nothing is lost, until letGo(). */
  holdBack() {
    this.#isHolding = true;
    for (const { client, server } of this.#pairs) {
      client.unpipe(server);
      server.unpipe(client);
    }
  }

  letGo() {
    this.#isHolding = false;
    this.#pairs.forEach(join);
  }

  /** What the server sends is lost; what the client sends still arrives. */
  loseAnswers() {
    for (const { client, server } of this.#pairs) {
      server.unpipe(client);
      server.resume();
    }
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function join({ client, server }) {
  client.pipe(server);
  server.pipe(client);
}
