// The way back to the list, where only one of the two is seen. It goes back as the system's own button does, so that
// one does not walk in a circle: list, conversation, list, and "back" would be the conversation again.

import { html, useApp } from './html.js';
import { Icon } from './icons.js';
import { parseRoute } from '../state/route.js';
import { texts } from '../texts.js';

/** Notes in each new entry of the history from which address one came. Called once. */
export function noteWhereFrom() {
  let last = location.hash;
  const note = (from) => history.state === null && history.replaceState({ from }, '');
  note(null);
  window.addEventListener('hashchange', () => {
    note(last);
    last = location.hash;
  });
}

const cameFromList = () => typeof history.state?.from === 'string' && parseRoute(history.state.from).view === 'home';

export function Back() {
  const { go } = useApp();
  const onClick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // the browser's: another tab
    event.preventDefault();
    if (cameFromList()) history.back();
    else go({ view: 'home' }, { replace: true });
  };
  return html`<a class="icon-button back" href="#/" aria-label=${texts.back} title=${texts.back} onClick=${onClick}>
    <${Icon} name="back" /></a>`;
}
