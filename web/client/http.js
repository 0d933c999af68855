// http.js: one HTTP request to Parlor, and what can go wrong with it.
//
// Used by parlor-client.js. The token goes into a header, never into an address. Every failure is a ParlorError:
// what the server says (application/problem+json), or status 0 and code "network" when there was no answer at all.

const TIMEOUT_MS = 40000; // nginx gives up after 30 s

/** What went wrong, in the protocol's words. */
export class ParlorError extends Error {
  constructor({ status = 0, code, message, field, retryAfterMs }) {
    super(message || code);
    this.name = 'ParlorError';
    this.status = status;
    this.code = code;
    if (field !== undefined) this.field = field;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }

  /** Nobody's mistake: the same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export class Http {
  /** The one that is sent; null: signed out. */
  token = null;
  #reading = new Set(); // AbortControllers of requests that change nothing
  #base;
  #fetch;
  #onInvalidToken;

  /** `onInvalidToken(token)`: the server does not know the token any more. */
  constructor({ origin, fetch, onInvalidToken }) {
    this.#base = `${origin}/http`;
    this.#fetch = fetch;
    this.#onInvalidToken = onInvalidToken;
  }

  get(path, query) {
    return this.request('GET', path + asQuery(query));
  }

  /** Those that have no answer yet end as without a network: who has waited too long asks again. */
  giveUpReading() {
    for (const abort of this.#reading) abort.abort();
  }

  /** The body of the answer; undefined for 204. `token`: that of a session which is being ended. */
  async request(method, path, body, token = this.token) {
    const { response, text } = await this.#exchange(method, path, body, token);
    if (response.ok) return text === '' ? undefined : parsed(text, response.status);
    const error = errorOf(response, text);
    if (error.code === 'invalid_token' && token !== null) this.#onInvalidToken(token);
    throw error;
  }

  async #exchange(method, path, body, token) {
    const headers = { Accept: 'application/json' };
    if (token !== null) headers.authentication = token;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    if (method === 'GET') this.#reading.add(abort);
    const fetch = this.#fetch; // as a function: the browser's does not work as our method
    try {
      const response = await fetch(this.#base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error', // the token is for this server alone
        signal: abort.signal,
      });
      return { response, text: await response.text() };
    } catch (error) {
      throw new ParlorError({ code: 'network', message: `No answer from the server (${error.message}).` });
    } finally {
      clearTimeout(timer);
      this.#reading.delete(abort);
    }
  }
}

function asQuery(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

function parsed(text, status) {
  try {
    return JSON.parse(text);
  } catch {
    throw new ParlorError({ status, code: 'internal', message: 'The answer is not JSON.' });
  }
}

function errorOf(response, text) {
  let problem = {};
  try {
    problem = JSON.parse(text) ?? {};
  } catch {
    // A proxy's own page.
  }
  const seconds = Number(response.headers.get('Retry-After'));
  return new ParlorError({
    status: response.status,
    code: problem.code ?? (response.status >= 500 ? 'unavailable' : 'bad_request'),
    message: problem.detail ?? `The server answered ${response.status}.`,
    field: problem.field,
    retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
  });
}
