// scenes.mjs: browser tests over one stack and one browser that all files of a process share. See ../all.mjs.
//
// When a test fails, what each page has said and a picture of it are written to build/browser, and their paths are
// printed. Every test also fails when a page had an error, broke the Content-Security-Policy or asked another host.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Scene } from '../../web/support/people.mjs';
import { Stack } from '../../web/support/stack.mjs';
import { browser } from './browser.mjs';
import { Seat } from './seat.mjs';

const OUT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'build', 'browser');
const DEADLINE_MS = 60000;
const LINES_SHOWN = 40;

let shared = null;
after(async () => (await shared)?.stop());

let newcomers = 0;

/** A Scene of tests/web (clients under Node) that also has seats at browsers. */
export class BrowserScene extends Scene {
  seats = [];
  #stack;
  #context;

  constructor(stack, context) {
    super(stack, context);
    [this.#stack, this.#context] = [stack, context];
  }

  /** Somebody with an account and a name that nobody else has: { email, user_id, name, first }. */
  async newcomer(firstName) {
    newcomers += 1;
    const first = `${firstName}${newcomers}`;
    return { ...(await this.account(first)), first, name: `${first} Test` };
  }

  /** A window before Parlor. `through`: a Proxy; the rest goes to Playwright. */
  async seat(label, { through, ...options } = {}) {
    const seat = await Seat.take(await browser(), through?.url ?? this.#stack.url, label, options);
    this.seats.push(seat);
    this.#context.after(() => seat.context.close());
    return seat;
  }

  /** A window with somebody signed in. `hears`: see Seat.listenIn(); `clock`: what time it is there. */
  async seated(person, { hears = false, clock, ...options } = {}) {
    const seat = await this.seat(person.name, options);
    if (clock) await seat.page.clock.install({ time: clock });
    if (hears) await seat.listenIn();
    await seat.signIn(person);
    return seat;
  }

  /** Two or three people who have just signed in: [[ada, seat], [bob, seat]]. */
  async people(...firstNames) {
    const all = await Promise.all(firstNames.map((name) => this.newcomer(name)));
    return Promise.all(all.map(async (person) => [person, await this.seated(person)]));
  }

  /** What "Duplicate tab" makes: the same window, with a copy of what the tab keeps. */
  async duplicate(seat) {
    const tab = await seat.duplicate();
    this.seats.push(tab);
    return tab;
  }

  /** A figure for whoever reads the test's output. Nothing depends on it. */
  note(text) {
    this.#context.diagnostic(text);
  }
}

/** A test on the shared stack: `body(scene, stack)`. It leaves the stack healthy. */
export function scene(name, body, deadlineMs = DEADLINE_MS) {
  test(name, { timeout: deadlineMs }, async (context) => {
    shared ??= new Stack().start();
    const stack = await shared;
    const scene = new BrowserScene(stack, context);
    // Before node gives the test up, so that the pictures can still be taken.
    const late = rejectAfter(deadlineMs - 5000);
    try {
      await Promise.race([body(scene, stack), late.promise]);
      const problems = scene.seats.flatMap((seat) => seat.watching.problems.map((line) => `${seat.label}: ${line}`));
      assert.deepEqual(problems, []);
    } catch (error) {
      await report(name, scene.seats, context);
      throw error;
    } finally {
      late.clear();
    }
  });
}

function rejectAfter(ms) {
  let timer;
  const promise = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the test's deadline of ${ms} ms`)), ms);
  });
  promise.catch(() => {}); // somebody races with it, or nobody does any more
  return { promise, clear: () => clearTimeout(timer) };
}

async function report(name, seats, context) {
  await mkdir(OUT, { recursive: true });
  for (const [n, seat] of seats.entries()) {
    const path = join(OUT, `${name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60)}-${n + 1}`);
    await writeFile(`${path}.log`, seat.watching.lines.join('\n') + '\n');
    await seat.page.screenshot({ path: `${path}.png`, timeout: 5000 }).catch(() => {});
    context.diagnostic(`${seat.label} at ${seat.page.url()}: ${path}.png, ${path}.log`);
    for (const line of seat.watching.lines.slice(-LINES_SHOWN)) context.diagnostic(`  ${line}`);
  }
}
