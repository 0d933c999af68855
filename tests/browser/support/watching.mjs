// watching.mjs: writes down what a page says and asks for, and what of it must never happen, whatever is tested.
//
// Used by seat.mjs for each page. `problems` has: errors of scripts, violations of the Content-Security-Policy, errors
// in the console, requests and sockets to another host, files of the page that are missing.

// The browser's own remarks on answers that a test asks for: a wrong password, a line that is cut.
const EXPECTED = /Failed to load resource|WebSocket connection to|WebSocket is already/;

export class Watching {
  problems = [];
  /** Everything, for when a test fails. */
  lines = [];
  #host;

  constructor(base) {
    this.#host = new URL(base).host;
  }

  /** To be awaited before the page goes anywhere. */
  async follow(page) {
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    page.on('pageerror', (error) => this.#problem(`error: ${error.stack ?? error}`));
    page.on('console', (message) => this.#said(message.type(), message.text()));
    page.on('request', (request) => this.#asked(request.url()));
    page.on('websocket', (socket) => this.#opened(socket));
    page.on('response', (response) => this.#answered(response));
    page.on('requestfailed', (request) => this.#note(`failed: ${request.url()} ${request.failure()?.errorText}`));
  }

  #note(line) {
    this.lines.push(line);
  }

  #problem(line) {
    this.problems.push(line);
    this.#note(line);
  }

  #said(type, text) {
    if (type === 'error' && !EXPECTED.test(text)) this.#problem(`console: ${text}`);
    else this.#note(`${type}: ${text}`);
  }

  #asked(address) {
    const url = new URL(address);
    if (url.protocol !== 'data:' && url.protocol !== 'blob:' && url.host !== this.#host)
      this.#problem(`a request to another host: ${address}`);
  }

  #opened(socket) {
    if (new URL(socket.url()).host !== this.#host) this.#problem(`a socket to another host: ${socket.url()}`);
    this.#note(`socket: open`);
    socket.on('close', () => this.#note('socket: closed'));
    socket.on('socketerror', (error) => this.#note(`socket: ${error}`));
  }

  #answered(response) {
    const url = new URL(response.url());
    const line = `${response.status()} ${response.request().method()} ${url.pathname}${url.search}`;
    if (url.pathname.startsWith('/http/') || url.pathname === '/socket') this.#note(line);
    else if (response.status() >= 400) this.#problem(line);
  }
}
