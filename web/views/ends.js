// More of the history at the upper end of what is drawn, and at the lower one while something is left out there. Used
// by messages.js.

import { html, useEffect, useRef, useState } from './html.js';
import { useSlow } from './slow.js';
import { texts } from '../texts.js';

const NEAR_PX = 800;

/** 'idle', 'busy' or 'failed', and what loads more unless it is busy. */
function useLoader(load) {
  const [state, setState] = useState('idle');
  const busy = useRef(false);
  const more = () => {
    if (busy.current) return;
    busy.current = true;
    setState('busy');
    load()
      .then(
        () => setState('idle'),
        () => setState('failed'),
      )
      .finally(() => {
        busy.current = false;
      });
  };
  return { state, more };
}

export function useEnds(conversation, scroll, part) {
  const older = useLoader(part.up);
  const newer = useLoader(part.down);
  const look = () => {
    const element = scroll.ref.current;
    if (!element || !conversation.loaded) return;
    if (older.state !== 'failed' && part.hasAbove && element.scrollTop < NEAR_PX) older.more();
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (newer.state !== 'failed' && part.isDetached && below < NEAR_PX) newer.more();
  };
  // Also when what is loaded does not fill the page.
  useEffect(look, [conversation.loaded, part.firstSeq, part.lastSeq, older.state, newer.state]);
  return { older, newer, look };
}

export const Start = ({ hasAbove, older, hurry }) =>
  hasAbove
    ? html`<${More} loader=${older} text=${texts.conversation.older} failed=${texts.conversation.olderFailed}
        hurry=${hurry} />`
    : html`<p class="start">${texts.conversation.beginning}</p>`;

export const End = ({ newer, hurry }) => html`
  <${More} loader=${newer} text=${texts.conversation.newer} failed=${texts.conversation.newerFailed}
    hurry=${hurry} />`;

function More({ loader, text, failed, hurry }) {
  const isSlow = useSlow(loader.state === 'busy');
  if (loader.state === 'failed')
    return html`<p class="start" role="alert">${failed} <button type="button" class="text-button"
      onClick=${loader.more}>${texts.tryAgain}</button></p>`;
  return html`<p class="start"><span class="spinner" /><span>${text}</span>${isSlow && html`<button type="button"
    class="text-button" onClick=${hurry}>${texts.tryAgain}</button>`}</p>`;
}
