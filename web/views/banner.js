// The connection, when it is not as it should be: connecting, offline with the seconds to the next attempt, back again.

import { html, useApp, useEffect, useRef, useState, useStore } from './html.js';
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
  // What is read aloud has no seconds in it, or it would be read each second.
  const spoken =
    { waiting: texts.connection.offline, connecting: texts.connection.connecting, back: texts.connection.back }[
      shown
    ] ?? '';
  return html`
    <div class="banner-place">
      <span class="hidden" role="status">${spoken}</span>
      ${
        shown === 'waiting' &&
        html`
        <div class="banner is-waiting"><${Icon} name="alert" />
          <p>${texts.connection.waiting(seconds)} <span class="wide-only">${texts.connection.kept}</span></p>
          <button type="button" class="button small"
            onClick=${() => client.connectNow()}>${texts.connection.tryNow}</button>
        </div>`
      }
      ${shown === 'connecting' && html`<div class="banner"><span class="spinner" />
        <p>${texts.connection.connecting}</p></div>`}
      ${shown === 'back' && html`<div class="banner is-back"><${Icon} name="check" /><p>${texts.connection.back}</p>
        </div>`}
    </div>`;
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
