// The frame for who is signed in: banner, list on the left, one view in the middle. On a phone one of the two at a
// time.

import { html, useApp, useEffect, useLayoutEffect, useMedia, useRef, useState, useStore } from './html.js';
import { Banner } from './banner.js';
import { ConversationView } from './conversation.js';
import { CreateGroupDialog } from './group-dialogs.js';
import { GroupsView, PeopleView } from './directory.js';
import { cameThroughDoor, hasKeyboard } from './focus.js';
import { Home } from './home.js';
import { NotificationsView } from './notifications.js';
import { useTitle } from './page.js';
import { ProfileView } from './profile.js';
import { Sidebar } from './sidebar.js';
import { routeKey } from '../state/route.js';
import { authorName, groupItem, unreadTotal } from '../state/list.js';
import { texts } from '../texts.js';

const PAGES = {
  profile: ProfileView,
  people: PeopleView,
  groups: GroupsView,
  notifications: NotificationsView,
  home: Home,
};

export function Shell({ route }) {
  const [isCreating, setCreating] = useState(false);
  const isNarrow = !useMedia('(min-width: 44rem)');
  const key = routeKey(route);
  const mainRef = useRef();
  useTitle(
    useStore((state) => routeName(state, route)),
    useStore(unreadTotal),
  );
  useRouteFocus(route, mainRef, isNarrow);
  useSearchKey();
  const Page = PAGES[route.view];
  const create = () => setCreating(true);
  return html`
    <div class=${`shell ${route.view === 'home' ? 'at-list' : 'at-main'}`}>
      <a class="skip" href="#main" onClick=${(event) => {
        event.preventDefault();
        focusMain(mainRef.current);
      }}>${texts.skip}</a>
      <${Banner} />
      <${Sidebar} route=${route} onCreate=${create} isMain=${isNarrow && route.view === 'home'} />
      <main class="main" id="main" ref=${mainRef}>
        ${key ? html`<${ConversationView} key=${key} route=${route} conversationKey=${key} />` :
          html`<${Page} onCreate=${create} />`}
      </main>
      ${isCreating && html`<${CreateGroupDialog} onClose=${() => setCreating(false)} />`}
    </div>`;
}

function focusMain(main) {
  const composer = main.querySelector('.composer textarea');
  (composer ?? main.querySelector('h1'))?.focus();
}

const isSeen = (element) => element.checkVisibility?.({ checkVisibilityCSS: true }) ?? element.offsetParent !== null;

/** Where the focus goes when the view changes: the typing area with a keyboard, else the view's heading. */
function useRouteFocus(route, mainRef, isNarrow) {
  const previous = useRef(null);
  useLayoutEffect(() => {
    const from = previous.current;
    previous.current = route;
    if (from === route) return;
    if (from === null) {
      // Just signed in: one begins to read at the view's name. A page that is loaded begins where browsers begin.
      if (cameThroughDoor()) [...document.querySelectorAll('.main h1, .sidebar h1')].find(isSeen)?.focus();
      return;
    }
    if (route.view === 'home' && isNarrow) {
      const key = routeKey(from);
      (
        document.querySelector(`.sidebar a[data-key="${key ?? from.view}"]`) ??
        document.querySelector('.sidebar h1, .sidebar a')
      )?.focus();
      return;
    }
    if (hasKeyboard()) focusMain(mainRef.current);
    else mainRef.current.querySelector('h1')?.focus();
  }, [route]);
}

/** Ctrl+K (⌘K) jumps to the search. No single letter: who speaks to the computer presses those by accident. */
function useSearchKey() {
  useEffect(() => {
    const listen = (event) => {
      const isKey = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
      if (!isKey || event.altKey || event.shiftKey || event.target.closest?.('dialog')) return;
      event.preventDefault();
      document.getElementById('search')?.focus();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** What the conversation or page is called. */
function routeName(state, route) {
  if (route.view === 'user')
    return state.people.has(route.id) || state.rooms.has(route.id) ? authorName(state, route.id) : '';
  if (route.view === 'group')
    return state.groups.has(route.id) ? groupItem(state, state.groups.get(route.id)).name : '';
  return (
    {
      bot: texts.bot,
      profile: texts.profile,
      people: texts.people,
      groups: texts.groups,
      notifications: texts.notifications,
    }[route.view]?.title ?? (route.view === 'bot' ? texts.bot.name : '')
  );
}
