// seat.mjs: one browser window with Parlor in it, and what a person does and sees there. Used by all browser tests.
//
// The page is found by what it says (web/texts.js), as people and screen readers find it. Whatever waits, waits for
// something to be there, and fails with Playwright's words when it does not come.

import { texts } from '../../../web/texts.js';
import { PASSWORD } from '../../web/support/people.mjs';
import { until } from '../../web/support/waiting.mjs';
import { Watching } from './watching.mjs';

export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };
const DEADLINE_MS = 15000;

export class Seat {
  /** `options`: those of Playwright's newContext. `label`: what it is called in a failure's report. */
  static async take(browser, base, label, options = {}) {
    const isPhone = options.viewport === PHONE;
    const context = await browser.newContext({
      viewport: WIDE,
      locale: 'en-GB',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      hasTouch: isPhone,
      isMobile: isPhone,
      ...options,
    });
    context.setDefaultTimeout(DEADLINE_MS);
    return new Seat(context, base, label).#openPage();
  }

  constructor(context, base, label) {
    this.context = context;
    this.base = base;
    this.label = label;
    this.watching = new Watching(base);
  }

  async #openPage() {
    return this.#useFor(await this.context.newPage());
  }

  /**
   * Before the page is opened. Then say(frame) is as if the server had sent it, and `window.beforeFrame` of the page is
   * called with a frame's text right before the page hears of it; if it says true, the frame waits for letGo().
   */
  async listenIn() {
    await this.page.addInitScript(() => {
      const held = [];
      window.letGo = () => {
        window.beforeFrame = null;
        for (const listen of held.splice(0)) listen();
      };
      window.WebSocket = class extends WebSocket {
        set onmessage(listener) {
          window.sayFrame = (frame) => listener?.({ data: JSON.stringify(frame) });
          super.onmessage =
            listener && ((event) => {
              if (window.beforeFrame?.(event.data) === true) held.push(() => listener(event));
              else listener(event);
            });
        }
      };
    });
  }

  letGo() {
    return this.page.evaluate(() => window.letGo());
  }

  /** Another window in front of this one, and back: the page is told so. */
  async hide() {
    await this.page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    });
  }

  async look() {
    await this.page.evaluate(() => {
      delete document.visibilityState; // the browser's own again
      document.dispatchEvent(new Event('visibilitychange'));
    });
  }

  say(frame) {
    return this.page.evaluate((one) => window.sayFrame(one), frame);
  }

  async #useFor(page) {
    this.page = page;
    await this.watching.follow(page);
    return this;
  }

  /** As the browser's "Duplicate tab": a copy of this tab's sessionStorage, at the same address. */
  async duplicate() {
    const [page] = await Promise.all([
      this.context.waitForEvent('page'),
      this.page.evaluate(() => void window.open(location.href)),
    ]);
    return new Seat(this.context, this.base, `${this.label} (duplicate)`).#useFor(page);
  }

  // ---- going somewhere

  goto(hash = '') {
    return this.page.goto(`${this.base}/${hash}`);
  }

  async signIn({ email }, password = PASSWORD) {
    await this.goto();
    await this.fillSignIn(email, password);
    await this.online();
  }

  async fillSignIn(email, password = PASSWORD) {
    await this.field(texts.sign.email).fill(email);
    await this.field(texts.sign.password).fill(password);
    await this.button(texts.sign.doIn).click();
  }

  /** The list is there and the socket is open. */
  async online() {
    await this.sidebar.getByText(texts.connection.online, { exact: true }).first().waitFor();
    await this.item(texts.bot.name).waitFor();
  }

  /** Searches and opens, as one does with somebody who is not in the list. Also groups. */
  async open(name) {
    await this.page.getByLabel(texts.list.search).fill(name);
    await this.item(name).click();
    await this.heading(name).waitFor();
  }

  async openBot() {
    await this.item(texts.bot.name).click();
    await this.composer(texts.bot.name).waitFor();
  }

  async goHome() {
    await this.goto('#/');
    await this.heading(/^Hello/).waitFor();
  }

  // ---- finding things

  field(label) {
    return this.page.getByLabel(label, { exact: true });
  }
  button(name, within = this.page) {
    return within.getByRole('button', { name, exact: true });
  }
  link(name, within = this.page) {
    return within.getByRole('link', { name, exact: true });
  }
  heading(name) {
    return this.page.getByRole('heading', { level: 1, name, exact: typeof name === 'string' });
  }
  text(text) {
    return this.page.getByText(text, { exact: true });
  }
  dialog(title) {
    return this.page.getByRole('dialog', { name: title });
  }
  get sidebar() {
    return this.page.getByRole('navigation', { name: texts.list.title });
  }
  /** Somebody or something in the list at the left. */
  item(name) {
    return this.sidebar.locator('[data-key]').filter({ has: this.page.getByText(name, { exact: true }) });
  }
  unread(name, count) {
    return this.item(name).filter({ hasText: `, ${texts.list.unread(count)}` });
  }
  /** Somebody on the page of all people, or a group on that of all groups. */
  card(name) {
    return this.page.getByRole('main').getByRole('listitem').filter({ has: this.text(name) });
  }
  get members() {
    return this.page.getByRole('complementary', { name: texts.group.showMembers });
  }
  member(name) {
    return this.members.getByRole('listitem').filter({ has: this.page.getByText(name, { exact: true }) });
  }
  composer(name) {
    return this.page.getByRole('textbox', { name: texts.composer.label(name) });
  }
  /** Messages of the open conversation that the server has. */
  get rows() {
    return this.page.locator('[data-seq]');
  }
  said(text) {
    return this.rows.filter({ has: this.text(text) });
  }

  /** The focus comes to what is wrong in a form, after it is drawn. Before that one's typing may go astray. */
  hasFocus(element) {
    return until(() => element.evaluate((one) => one === document.activeElement), 'the focus');
  }

  // ---- talking

  /** Types and presses Enter in the open conversation with `name`. */
  async write(name, ...lines) {
    for (const line of lines) {
      await this.composer(name).fill(line);
      await this.composer(name).press('Enter');
    }
  }

  /** Nothing of one's own is on its way. */
  sent() {
    return this.page.waitForFunction(() => document.querySelector('.outgoing') === null);
  }

  outgoingCount() {
    return this.page.locator('.outgoing .text').count();
  }

  /** The texts of the open conversation from top to bottom, with what is on its way. */
  texts() {
    return this.page.locator('[data-seq] .text, .outgoing .text').allTextContents();
  }

  /** Notes what the line above the page says about the connection, from now on; see `told`. */
  listen() {
    return this.page.evaluate(() => {
      window.told = [];
      const place = document.querySelector('.banner-place [role=status]');
      const note = () => place.textContent !== '' && window.told.push(place.textContent);
      new MutationObserver(note).observe(place, { characterData: true, childList: true, subtree: true });
    });
  }

  /** Until it has been said. */
  heard(text) {
    return this.page.waitForFunction((wanted) => window.told.includes(wanted), text);
  }

  /** Until exactly these are there, in this order. Shows what there was instead. */
  async reads(expected) {
    let found;
    const same = async () => {
      found = await this.texts();
      return found.length === expected.length && found.every((text, n) => text === expected[n]);
    };
    await until(same, 'these messages').catch((error) => {
      throw new Error(`${error.message}\nexpected: ${JSON.stringify(expected)}\nfound: ${JSON.stringify(found)}`);
    });
  }
}
