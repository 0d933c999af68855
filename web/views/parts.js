// Small parts that several views share: avatars, buttons, fields, empty states, skeletons.

import { html, useId, useRef, useState } from './html.js';
import { Back } from './back.js';
import { Icon } from './icons.js';
import { COLOURS, colourOf, initials } from '../state/text.js';
import { errorText, texts } from '../texts.js';

/** Decoration beside a name. `online` draws a dot, which the name's neighbour has to say in words. */
export function Avatar({ kind = 'user', id, name, online = false, size = 'm' }) {
  const colour = kind === 'bot' ? 'bot' : kind === 'group' ? (colourOf(id) + 5) % COLOURS : colourOf(id);
  return html`
    <span class=${`avatar avatar-${size} avatar-${kind} colour-${colour}`} aria-hidden="true">
      ${kind === 'bot' ? html`<${Icon} name="bot" />` : initials(name)}
      ${online && html`<span class="dot" />`}
    </span>`;
}

export const IconButton = ({ icon, label, children, class: extra = '', ...rest }) => html`
  <button type="button" class=${`icon-button ${extra}`} aria-label=${label} title=${label} ...${rest}>
    <${Icon} name=${icon} />${children}</button>`;

/** A labelled input; what is wrong with it stands below and is read with it. */
export function Field({ label, hint, error, type = 'text', inputRef, ...rest }) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  const isPassword = type === 'password';
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ') || undefined;
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <div class="input">
        <input id=${id} ref=${inputRef} type=${isPassword && isShown ? 'text' : type}
          aria-invalid=${error ? 'true' : undefined}
          aria-describedby=${described} ...${rest} />
        ${
          isPassword &&
          html`
          <button type="button" class="text-button input-end" aria-pressed=${isShown}
            onClick=${() => setShown(!isShown)}
            aria-label=${isShown ? texts.sign.hidePassword : texts.sign.showPassword}>
            ${isShown ? texts.sign.hide : texts.sign.show}</button>`
        }
      </div>
      ${error && html`<p class="field-error" id=${`${id}-error`}><${Icon} name="alert" />${error}</p>`}
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>`;
}

/** For a form: `errors` by field, `failure` for the rest. `check` gives { field: sentence } before anything is sent. */
export function useForm(send, check = () => ({})) {
  const [state, setState] = useState({ busy: false, errors: {}, failure: null });
  const isBusy = useRef(false); // a second Enter can be faster than the drawing
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (isBusy.current) return;
    const values = Object.fromEntries(new FormData(form));
    const errors = check(values);
    if (Object.keys(errors).length > 0) {
      setState({ busy: false, errors, failure: null });
      focusInvalid(form);
      return;
    }
    isBusy.current = true;
    setState({ busy: true, errors: {}, failure: null });
    try {
      await send(values, form);
      setState({ busy: false, errors: {}, failure: null });
    } catch (error) {
      const hasField = error.field && form.elements.namedItem(error.field);
      setState({
        busy: false,
        errors: hasField ? { [error.field]: errorText(error) } : {},
        failure: hasField ? null : errorText(error),
      });
      focusInvalid(form);
    } finally {
      isBusy.current = false;
    }
  };
  return { ...state, submit };
}

// After the error is drawn, so that it is read with its field.
const focusInvalid = (form) => setTimeout(() => form.querySelector('[aria-invalid]')?.focus(), 30);

export const required = (names) => (values) => {
  const missing = names.filter((name) => !values[name].trim());
  return Object.fromEntries(missing.map((name) => [name, texts.errors.required]));
};

export const Failure = ({ text }) =>
  html`<div role="alert">${text && html`<p class="failure"><${Icon} name="alert" />${text}</p>`}</div>`;

export const Empty = ({ icon, title, hint, children }) => html`
  <div class="empty">
    <span class="empty-icon"><${Icon} name=${icon} /></span>
    <p class="empty-title">${title}</p>
    ${hint && html`<p class="empty-hint">${hint}</p>`}
    ${children}
  </div>`;

export const Badge = ({ n }) => n > 0 && html`<span class="badge" aria-hidden="true">${texts.badge(n)}</span>`;

const times = (n) => Array.from({ length: n }, (_, i) => i);

export const ListSkeleton = ({ rows = 8 }) => html`
  <div class="skeleton-list" aria-hidden="true">
    ${times(rows).map((i) => html`<div class="skeleton-row" key=${i}><span class="bone bone-avatar" />
      <span class="bone bone-line" /><span class="bone bone-short" /></div>`)}
  </div>`;

export const MessagesSkeleton = ({ rows = 6 }) => html`
  <div class="skeleton-messages" aria-hidden="true">
    ${times(rows).map((i) => html`<div class=${`bone bone-bubble bone-${i % 4}`} key=${i} />`)}
  </div>`;

/** The head of a page in the middle column: on a phone with the way back. */
export const PageHead = ({ title, count, children }) => html`
  <header class="page-head">
    <${Back} />
    <div class="page-title"><h1 tabindex="-1">${title}</h1>${count && html`<p class="subtitle">${count}</p>`}</div>
    ${children}
  </header>`;
