// For guests: signing in, creating an account, and what to do until the mail is there.

import { html, useApp, useLayoutEffect, useRef, useState, useStore } from './html.js';
import { hasEnded } from './ended.js';
import { hasKeyboard, noteDoor } from './focus.js';
import { Icon, Mark } from './icons.js';
import { useTitle } from './page.js';
import { Failure, Field, required, useForm } from './parts.js';
import { errorText, texts } from '../texts.js';

const isLocal = () => ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

/** What was asked for last, to send it again. In memory only: it holds a password. */
let asked = null;

export function Guest({ route }) {
  const page = { signup: SignUp, mail: Mail }[route.view] ?? SignIn;
  const ref = useRef();
  useTitle({ signup: texts.sign.up, mail: texts.mail.title }[route.view] ?? texts.sign.in);
  // One begins to type at once; with a keyboard on the screen, one looks first. Without fields: at the heading.
  useLayoutEffect(() => {
    noteDoor();
    const field = hasKeyboard() && [...ref.current.querySelectorAll('form input')].find((input) => input.value === '');
    (field || ref.current.querySelector('h1')).focus();
  }, [route.view]);
  return html`
    <main class="guest" id="main" ref=${ref}>
      <div class="guest-card">
        <p class="brand"><${Mark} /><span>${texts.app}</span></p>
        <${page} key=${route.view} />
      </div>
    </main>`;
}

const REFUSALS = { invalid_credentials: texts.sign.wrong, forbidden: texts.sign.suspended };

function SignIn() {
  const { store } = useApp();
  const ended = useStore((state) => state.ended) !== null || hasEnded();
  const form = useForm(
    async ({ email, password }) => {
      try {
        await store.login(email, password);
        asked = null;
      } catch (error) {
        const own = REFUSALS[error.code];
        throw own ? Object.assign(new Error(own), { code: 'shown' }) : error;
      }
    },
    required(['email', 'password']),
  );
  return html`
    <h1 tabindex="-1">${texts.sign.in}</h1>
    <p class="lead">${texts.sign.lead}</p>
    ${ended && html`<p class="notice" role="status"><${Icon} name="alert" />${texts.sign.ended}</p>`}
    <form onSubmit=${form.submit} novalidate>
      <${Field} label=${texts.sign.email} name="email" type="email" autocomplete="username" inputmode="email"
        autocapitalize="none"
        spellcheck=${false} defaultValue=${asked?.email ?? ''} error=${form.errors.email} />
      <${Field} label=${texts.sign.password} name="password" type="password" autocomplete="current-password"
        error=${form.errors.password} />
      <${Failure} text=${form.failure} />
      <button type="submit" class="button primary wide"
        aria-busy=${form.busy}>${form.busy ? texts.sign.busyIn : texts.sign.doIn}</button>
    </form>
    <p class="other">${texts.sign.noAccount} <a href="#/signup">${texts.sign.up}</a></p>`;
}

function SignUp() {
  const { client, go } = useApp();
  const form = useForm(
    async (values) => {
      await client.register(values);
      asked = values;
      go({ view: 'mail' });
    },
    required(['first_name', 'last_name', 'email', 'password']),
  );
  return html`
    <h1 tabindex="-1">${texts.sign.up}</h1>
    <p class="lead">${texts.sign.lead}</p>
    <form onSubmit=${form.submit} novalidate>
      <div class="pair">
        <${Field} label=${texts.sign.firstName} name="first_name" autocomplete="given-name" maxlength="64"
          error=${form.errors.first_name} />
        <${Field} label=${texts.sign.lastName} name="last_name" autocomplete="family-name" maxlength="64"
          error=${form.errors.last_name} />
      </div>
      <${Field} label=${texts.sign.email} name="email" type="email" autocomplete="email" inputmode="email"
        autocapitalize="none"
        spellcheck=${false} error=${form.errors.email} />
      <${Field} label=${texts.sign.password} name="password" type="password" autocomplete="new-password"
        hint=${texts.sign.passwordHint}
        error=${form.errors.password} />
      <${Failure} text=${form.failure} />
      <button type="submit" class="button primary wide"
        aria-busy=${form.busy}>${form.busy ? texts.sign.busyUp : texts.sign.doUp}</button>
    </form>
    <p class="other">${texts.sign.haveAccount} <a href="#/signin">${texts.sign.in}</a></p>`;
}

function Mail() {
  const { client } = useApp();
  const [told, setTold] = useState({ text: '', failure: '' });
  const busy = useRef(false);
  const again = async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      await client.register(asked);
      setTold({ text: texts.mail.sentAgain, failure: '' });
    } catch (error) {
      setTold({ text: '', failure: errorText(error) });
    } finally {
      busy.current = false;
    }
  };
  return html`
    <span class="guest-icon"><${Icon} name="mail" /></span>
    <h1 tabindex="-1">${texts.mail.title}</h1>
    <p>${asked ? texts.mail.sent(asked.email) : texts.mail.sentAnywhere} ${texts.mail.then}</p>
    <a class="button primary wide" href="#/signin">${texts.mail.confirmed}</a>
    <section class="box">
      <h2>${texts.mail.nothing}</h2>
      <ul>${texts.mail.hints.map((hint) => html`<li key=${hint}>${hint}</li>`)}${isLocal() &&
        html`<li>${texts.mail.local}</li>`}</ul>
      <div class="actions start">
        ${asked && html`<button type="button" class="button" onClick=${again}>${texts.mail.again}</button>`}
        <a class="button" href="#/signup">${texts.mail.other}</a>
      </div>
      <p class="told" role="status">${told.text}</p>
      <${Failure} text=${told.failure} />
    </section>`;
}
