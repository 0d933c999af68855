// The typing area. Its text is the textarea's own, so a key redraws nothing but, at the ends, the send button.

import { html, memo, useApp, useLayoutEffect, useRef, useState } from './html.js';
import { isTouched } from './focus.js';
import { Icon } from './icons.js';
import { keepDraft, readDraft } from './drafts.js';
import { MESSAGE_BYTES } from '../client/messages.js';
import { byteLength } from '../state/text.js';
import { texts } from '../texts.js';

const WARN_BYTES = 1000; // so many before the limit the number appears
const SAID_STEP = 250; // and is read out, not at each key

export const Composer = memo(({ conversationKey, name, inputRef, onSend, onEscape }) => {
  const { store, toast } = useApp();
  const draft = `${store.state.userId}-${conversationKey}`; // nobody else's, should another person sign in here
  const ownRef = useRef();
  const [hasText, setHasText] = useState(false);
  const [left, setLeft] = useState(null);

  const look = () => {
    const input = ownRef.current;
    const bytes = byteLength(input.value);
    grow(input);
    setHasText(input.value.trim() !== '');
    setLeft(bytes > MESSAGE_BYTES - WARN_BYTES ? MESSAGE_BYTES - bytes : null);
  };
  useLayoutEffect(() => {
    const input = ownRef.current;
    inputRef.current = input;
    input.value = readDraft(draft);
    look();
  }, [conversationKey]);

  const changed = () => {
    keepDraft(draft, ownRef.current.value);
    look();
  };
  const send = () => {
    const text = ownRef.current.value;
    if (text.trim() === '' || byteLength(text) > MESSAGE_BYTES) return;
    if (text.includes('\0')) {
      toast(texts.composer.nul, true);
      return;
    }
    onSend(text);
    ownRef.current.value = '';
    changed();
    ownRef.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229) return; // choosing characters of an input method
    // A keyboard on the screen has no Shift+Enter: there Enter is a new line, and the button sends.
    const sends = !event.shiftKey && !event.altKey && (!isTouched() || event.ctrlKey || event.metaKey);
    if (event.key === 'Enter' && sends) {
      event.preventDefault();
      send();
    }
    if (event.key === 'Escape') onEscape();
  };
  const isTooLong = left !== null && left < 0;
  const spoken = isTooLong
    ? texts.composer.isTooLong
    : left === null
      ? ''
      : texts.composer.fewLeft((Math.floor(left / SAID_STEP) + 1) * SAID_STEP);
  return html`
    <form class="composer" onSubmit=${(event) => {
      event.preventDefault();
      send();
    }}>
      <div class=${`composer-box ${isTooLong ? 'is-invalid' : ''}`}>
        <textarea ref=${ownRef} rows="1" dir="auto" enterkeyhint=${isTouched() ? 'enter' : 'send'}
          aria-label=${texts.composer.label(name)}
          placeholder=${texts.composer.placeholder(name)}
          aria-describedby="composer-left" aria-invalid=${isTooLong ? 'true' : undefined}
          onInput=${changed} onKeyDown=${onKeyDown} />
        <button type="submit" class="send" aria-label=${texts.composer.send} title=${texts.composer.send}
          aria-disabled=${!hasText || isTooLong}><${Icon} name="send" /></button>
      </div>
      <p class=${`composer-left ${isTooLong ? 'is-error' : ''}`} id="composer-left">
        ${left !== null && (isTooLong ? texts.composer.tooLong(-left) : texts.composer.left(left))}
      </p>
      <p class="hidden" role="status">${spoken}</p>
    </form>`;
});

/** As high as its text. Browsers that know `field-sizing` do it themselves, without a layout at each key. */
const GROWS_ITSELF = CSS.supports('field-sizing', 'content');
function grow(input) {
  if (GROWS_ITSELF) return;
  input.style.height = 'auto';
  input.style.height = `${input.scrollHeight + 2}px`;
}
