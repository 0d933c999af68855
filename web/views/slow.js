// What one sees of an answer that takes long: first nothing new, then that it takes long, and a way to ask again.

import { html, useEffect, useState } from './html.js';
import { texts } from '../texts.js';

const PATIENCE_MS = 4000;

/** True after some seconds of waiting. */
export function useSlow(isWaiting) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (!isWaiting) return undefined;
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return isSlow && isWaiting;
}

/** Stays where it is, so that it is read out when it speaks. `retry`: none, if it can't be asked again. */
export function Slow({ isWaiting, retry }) {
  const isSlow = useSlow(isWaiting);
  return html`<div class="slow" role="status">${isSlow && html`<p>${texts.slow} ${retry && html`<button type="button"
    class="text-button" onClick=${retry}>${texts.tryAgain}</button>`}</p>`}</div>`;
}
