// The connection, when it is not as it should be: connecting, offline with the seconds to the next attempt, back again.

import { html, useApp, useEffect, useLayoutEffect, useRef, useState, useStore } from './html.js';
import { keepFocus, talkPlace } from './focus.js';
import { Icon } from './icons.js';
import { texts } from '../texts.js';

const PATIENCE_MS = 1500; // a reload connects at once; nobody needs to read that
const BACK_MS = 3000;

export function Banner() {
  const { client } = useApp();
  const connection = useStore((state) => state.connection);
  const retryAt = useStore((state) => state.retryAt);
  const isLate = useLate(connection === 'connecting');
  const isBack = useBack(connection);
  const seconds = useSeconds(connection === 'waiting' ? retryAt : null);
  const shown =
    connection === 'waiting'
      ? 'waiting'
      : connection === 'connecting' && (isLate || isBack === 'was-waiting')
        ? 'connecting'
        : isBack === 'back'
          ? 'back'
          : null;
  // It stays while the attempt that it began goes on: who pressed it is still there.
  const hasButton = shown === 'waiting' || (shown === 'connecting' && isBack === 'was-waiting');
  const buttonRef = useLentFocus(hasButton);
  // What is read aloud has no seconds in it, or it would be read each second.
  const spoken =
    { waiting: texts.connection.offline, connecting: texts.connection.connecting, back: texts.connection.back }[
      shown
    ] ?? '';
  return html`
    <div class="banner-place">
      <span class="hidden" role="status">${spoken}</span>
      ${(shown === 'waiting' || shown === 'connecting') && html`<div
        class=${`banner ${shown === 'waiting' ? 'is-waiting' : ''}`}>
        ${shown === 'waiting' ? html`<${Icon} name="alert" />` : html`<span class="spinner" />`}
        ${shown === 'waiting' ? html`<p>${texts.connection.waiting(seconds)}
          <span class="wide-only"> ${texts.connection.kept}</span></p>` : html`<p>${texts.connection.connecting}</p>`}
        ${hasButton && html`<button type="button" class="button small" ref=${buttonRef}
          aria-disabled=${shown === 'connecting'}
          onClick=${() => shown === 'waiting' && client.connectNow()}>${texts.connection.tryNow}</button>`}
      </div>`}
      ${shown === 'back' && html`<div class="banner is-back"><${Icon} name="check" /><p>${texts.connection.back}</p>
        </div>`}
    </div>`;
}

/** For a button that goes away by itself: if it had the focus, that goes on to where one writes or reads. */
function useLentFocus(isThere) {
  const ref = useRef();
  const hadFocus = useRef(false);
  if (ref.current) hadFocus.current = document.activeElement === ref.current; // still as it was drawn before
  useLayoutEffect(() => {
    if (!isThere && hadFocus.current) {
      hadFocus.current = false;
      keepFocus(talkPlace(), '.main h1', '.sidebar h1');
    }
  }, [isThere]);
  return ref;
}

function useLate(isConnecting) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!isConnecting) return undefined;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isConnecting]);
  return isLate;
}

function useBack(connection) {
  const [phase, setPhase] = useState(null);
  const last = useRef(null);
  useEffect(() => {
    if (connection === 'waiting') last.current = 'was-waiting';
    if (connection !== 'online' || last.current !== 'was-waiting') {
      setPhase(last.current);
      return undefined;
    }
    last.current = null;
    setPhase('back');
    const timer = setTimeout(() => setPhase(null), BACK_MS);
    return () => clearTimeout(timer);
  }, [connection]);
  return phase;
}

function useSeconds(until) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (until === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}
