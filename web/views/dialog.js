// Dialogs: <dialog> keeps the focus inside, Escape closes, and the focus returns to where it was.

import { html, useId, useLayoutEffect, useRef } from './html.js';
import { keepFocus, talkPlace } from './focus.js';
import { Failure, IconButton, useForm } from './parts.js';
import { texts } from '../texts.js';

function Dialog({ title, onClose, children }) {
  const ref = useRef();
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = ref.current;
    dialog.showModal();
    (dialog.querySelector('[autofocus], input, select') ?? dialog.querySelector('button[type=submit]'))?.focus();
    return () => {
      dialog.close();
      if (before?.isConnected) before.focus();
      keepFocus(talkPlace(), '.main h1'); // what opened it may go away with it
    };
  }, []);
  // A click on the dialog itself is one on its backdrop: the content covers the rest.
  return html`
    <dialog ref=${ref} class="dialog" aria-labelledby=${id} onCancel=${(event) => {
      event.preventDefault();
      onClose();
    }}
      onMouseDown=${(event) => event.target === ref.current && onClose()}>
      <div class="dialog-body">
        <header class="dialog-head"><h2 id=${id}>${title}</h2><${IconButton} icon="close" label=${texts.close}
          onClick=${onClose} /></header>
        ${children}
      </div>
    </dialog>`;
}

/** A dialog that is a form: `send(values)` closes it, or its error is shown. `children(form)` draws the fields. */
export function FormDialog({ title, hint, submit, danger = false, disabled = false, onClose, send, check, children }) {
  const form = useForm(async (values) => {
    await send(values);
    onClose();
  }, check);
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <form onSubmit=${form.submit} novalidate>
        ${hint && html`<p class="dialog-hint">${hint}</p>`}
        ${children && children(form)}
        <${Failure} text=${form.failure} />
        <div class="actions">
          <button type="button" class="button" onClick=${onClose} autofocus=${danger}>${texts.cancel}</button>
          <button type="submit" class=${`button ${danger ? 'danger' : 'primary'}`} disabled=${disabled}
            aria-busy=${form.busy}>${submit}</button>
        </div>
      </form>
    </${Dialog}>`;
}
