// The frame for who is signed in: banner, list on the left, one view in the middle. On a phone one of the two at a
// time.

import { html, useApp, useEffect, useLayoutEffect, useMedia, useRef, useState, useStore } from './html.js';
import { Banner } from './banner.js';
import { ConversationView } from './conversation.js';
import { CreateGroupDialog } from './group-dialogs.js';
import { GroupsView, PeopleView } from './directory.js';
import { Home } from './home.js';
import { NotificationsView } from './notifications.js';
import { ProfileView } from './profile.js';
import { Sidebar } from './sidebar.js';
import { routeKey } from '../state/route.js';
import { groupItem, unreadTotal } from '../state/list.js';
import { fullName } from '../state/text.js';
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
  useTitle(route);
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

/** Where the focus goes when the view changes: the typing area with a keyboard, else the view's heading. */
function useRouteFocus(route, mainRef, isNarrow) {
  const previous = useRef(null);
  useLayoutEffect(() => {
    const from = previous.current;
    previous.current = route;
    if (from === null || from === route) return;
    if (route.view === 'home' && isNarrow) {
      const key = routeKey(from);
      (
        document.querySelector(`.sidebar a[data-key="${key ?? from.view}"]`) ??
        document.querySelector('.sidebar h1, .sidebar a')
      )?.focus();
      return;
    }
    const hasKeyboard = window.matchMedia('(hover: hover) and (pointer: fine)').matches;
    if (hasKeyboard) focusMain(mainRef.current);
    else mainRef.current.querySelector('h1')?.focus();
  }, [route]);
}

/** "/" jumps to the search, as on many pages, unless one is typing. */
function useSearchKey() {
  useEffect(() => {
    const listen = (event) => {
      const typing = event.target.closest?.('input, textarea, select, dialog');
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      document.getElementById('search')?.focus();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

function useTitle(route) {
  const { store } = useApp();
  const unread = useStore(unreadTotal);
  const name = useStore((state) => routeName(state, route));
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name ? `${name} · ` : ''}${texts.app}`;
    return () => {
      document.title = texts.app;
    };
  }, [unread, name, store]);
}

/** What the conversation or page is called. */
export function routeName(state, route) {
  if (route.view === 'user') return state.people.has(route.id) ? fullName(state.people.get(route.id)) : '';
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
