// The entry: makes the client and the store, follows the address, draws.
//
// state/ holds what the page knows, without DOM; views/ draws it; parlor-client.js speaks the protocol; texts.js says
// everything. Nothing here or there makes markup out of text.

import { ParlorClient } from './parlor-client.js';
import { Store } from './state/store.js';
import { isForGuests, parseRoute, placeFor, formatRoute, routeKey } from './state/route.js';
import { App, html, render, useEffect, useLayoutEffect, useMemo, useRef, useState, useStore } from './views/html.js';
import { Guest } from './views/sign.js';
import { Shell } from './views/shell.js';
import { noteWhereFrom } from './views/back.js';
import { forgetDrafts } from './views/drafts.js';
import { forgetEnd, noteEnd } from './views/ended.js';
import { errorText } from './texts.js';

const client = new ParlorClient();
const store = new Store(client);
let wanted = null; // { route, userId }: where a guest was going before having to sign in, and who that was, if known

const go = (route, { replace = false } = {}) => {
  const hash = formatRoute(route);
  if (replace) location.replace(hash);
  else location.hash = hash;
};

function useRoute() {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  // Before the first drawing is followed by anything: the door below changes the address at once.
  useLayoutEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** Sends guests to the door, and who has signed in away from it. */
function useDoor(route, isIn) {
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    if (!isIn && !isForGuests(route)) {
      if (isFirst.current || store.state.ended) wanted = { route, userId: store.state.formerUserId };
      go({ view: 'signin' }, { replace: true });
    }
    if (isIn && isForGuests(route)) {
      go(placeFor(wanted, store.state.userId), { replace: true });
      wanted = null;
    }
    isFirst.current = false;
  }, [route, isIn]);
}

/** What a screen reader says, in two regions that are always there, and what stands in the corner for a while. */
function useToast() {
  const [toast, setToast] = useState(null);
  const show = useMemo(
    () =>
      (text, isError = false) =>
        setToast((before) => ({ text, isError, number: (before?.number ?? 0) + 1 })),
    [],
  );
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(null), toast.isError ? 8000 : 4000);
    return () => clearTimeout(timer);
  }, [toast]);
  return [toast, show];
}

function Root() {
  const route = useRoute();
  const [toast, showToast] = useToast();
  const app = useMemo(() => ({ store, client, go, toast: showToast }), []);
  useEffect(() => {
    // What was refused for one message stands beside that message.
    const tell = ({ detail }) => detail.client_msg_id === undefined && showToast(errorText(detail), true);
    client.addEventListener('error', tell);
    return () => client.removeEventListener('error', tell);
  }, []);
  return html`
    <${App.Provider} value=${app}>
      <${Inside} route=${route} />
      <div class="toasts" role="status">${toast && !toast.isError && html`<p class="toast"
        key=${toast.number}>${toast.text}</p>`}</div>
      <div class="toasts" role="alert">${toast?.isError && html`<p class="toast is-error"
        key=${toast.number}>${toast.text}</p>`}</div>
    </${App.Provider}>`;
}

/** Who signs out leaves nothing behind. Whose session has ended wants to go on, and to know why, after a reload too. */
function useLeaving(isIn) {
  const wasIn = useRef(isIn);
  useLayoutEffect(() => {
    const { ended } = store.state;
    if (!isIn && ended) noteEnd(ended);
    if (isIn) forgetEnd();
    if (wasIn.current && !isIn && !ended) forgetDrafts();
    wasIn.current = isIn;
  }, [isIn]);
}

function Inside({ route }) {
  const isIn = useStore((state) => state.connection !== 'signed-out');
  useDoor(route, isIn);
  useEffect(() => {
    store.open(isIn ? routeKey(route) : null);
  }, [isIn, route]);
  useLeaving(isIn);
  return isIn === !isForGuests(route)
    ? isIn
      ? html`<${Shell} route=${route} />`
      : html`<${Guest} route=${route} />`
    : null;
}

window.addEventListener('online', () => client.connectNow());
window.addEventListener('offline', () => client.networkLost());
// A machine that slept says nothing else, and a hidden page's timers are slow.
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && client.connectNow());
noteWhereFrom();
store.resume();
const root = document.getElementById('app');
root.textContent = '';
render(html`<${Root} />`, root);
