// The left column: who I am and whether I am connected, the search, and the list. On a phone it is the start page
// (`isMain`), with a heading of its own.

import { html, memo, useApp, useMemo, useRef, useState, useStore } from './html.js';
import { talkPlace } from './focus.js';
import { Icon, Mark } from './icons.js';
import { Avatar, Badge, IconButton, ListSkeleton } from './parts.js';
import { Slow } from './slow.js';
import { useToday } from './today.js';
import { FILTERS, sections, unreadTotal } from '../state/list.js';
import { formatRoute, keyRoute, routeKey } from '../state/route.js';
import { completeTime, lastActivity } from '../state/time.js';
import { fullName } from '../state/text.js';
import { texts } from '../texts.js';

const whole = (state) => state;

export function Sidebar({ route, onCreate, isMain }) {
  const state = useStore(whole);
  const today = useToday();
  const [filter, setFilter] = useState('all');
  const [query, setQuery] = useState('');
  const listRef = useRef();
  const { people, rooms, groups, previews, bot, unsent, userId, loaded } = state;
  const current = routeKey(route);
  const kept = useKept(filter, current);
  const shown = useMemo(
    () => sections(state, filter, query, kept.key),
    [people, rooms, groups, previews, bot, unsent, userId, filter, query, kept.key],
  );
  kept.listed = shown;
  const isReady = loaded.people && loaded.rooms && loaded.groups;
  // Who chooses what is open already goes there too.
  const opened = (key) => {
    setQuery('');
    if (key === current) toTalk();
  };
  const { store } = useApp();
  const hurry = () => store.hurry();
  return html`
    <div class="sidebar" role=${isMain ? 'main' : undefined}><nav aria-label=${texts.list.title}>
      ${isMain && html`<h1 class="hidden" tabindex="-1">${texts.list.title}</h1>`}
      <header class="side-head">
        <${Me} state=${state} />
        <${Bell} state=${state} isCurrent=${route.view === 'notifications'} />
        <${IconButton} icon="plus" label=${texts.list.newGroup} onClick=${onCreate} />
      </header>
      <${Search} query=${query} setQuery=${setQuery} listRef=${listRef} first=${shown[0]?.items[0]}
        onDone=${opened} />
      <${Filters} filter=${filter} setFilter=${setFilter} isOff=${query !== ''} />
      <div class="list" aria-busy=${!isReady} ref=${listRef} onKeyDown=${(event) => moveInList(event, listRef.current)}>
        ${!isReady && state.failed && html`<p class="list-note" role="status">${texts.list.loadFailed}</p>`}
        ${isReady ? html`<${Sections} shown=${shown} state=${state} today=${today} current=${current}
          query=${query} filter=${filter} onOpen=${opened} />` : html`<${ListSkeleton} />`}
        <${Slow} isWaiting=${!isReady} retry=${hurry} />
      </div>
      <footer class="side-foot">
        <a href="#/people" data-key="people" aria-current=${route.view === 'people' ? 'page' : undefined}>
          <${Icon} name="people" />${texts.list.allPeople}</a>
        <a href="#/groups" data-key="groups" aria-current=${route.view === 'groups' ? 'page' : undefined}>
          <${Icon} name="group" />${texts.list.allGroups}</a>
      </footer>
    </nav></div>`;
}

const toTalk = () => document.querySelector(talkPlace())?.focus();

/** The conversation that was opened from the list of the unread stays there, though it is read, until another is. */
function useKept(filter, current) {
  const { current: kept } = useRef({ filter, current, key: null, listed: [] });
  if (kept.filter !== filter || kept.current !== current) {
    const wasListed = kept.listed.some((section) => section.items.some((item) => item.key === current));
    const key = filter === 'unread' && kept.filter === filter && wasListed ? current : null;
    Object.assign(kept, { filter, current, key });
  }
  return kept;
}

function Me({ state }) {
  const { me, connection } = state;
  const status = { online: 'online', connecting: 'connecting', waiting: 'offline' }[connection];
  return html`
    <a class="me" href="#/profile" data-key="profile">
      ${me ? html`<${Avatar} id=${me.user_id} name=${fullName(me)} />` : html`<${Mark} />`}
      <span class="me-text">
        <span class="me-name">${me ? fullName(me) : texts.app}<span
          class="hidden">${texts.aside(texts.list.you)}</span></span>
        <span class=${`status is-${status}`}><span class="status-dot" />${texts.connection[status]}</span>
      </span>
    </a>`;
}

function Bell({ state, isCurrent }) {
  const total = unreadTotal(state);
  const shown = texts.badge(total); // also read out so: what one says to press it is what one sees
  const label = texts.list.notifications(total, shown);
  return html`
    <a class="icon-button bell" href="#/notifications" data-key="notifications" aria-label=${label} title=${label}
      aria-current=${isCurrent ? 'page' : undefined}>
      <${Icon} name="bell" />${total > 0 && html`<span class="bell-count"
        aria-hidden="true">${shown}</span>`}
    </a>`;
}

function Search({ query, setQuery, listRef, first, onDone }) {
  const { go } = useApp();
  const onKeyDown = (event) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      if (query) setQuery('');
      else toTalk();
    }
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      listRef.current.querySelector('a')?.focus();
    }
    if (event.key === 'Enter' && !event.isComposing && query.trim() && first) {
      onDone(first.key);
      go(keyRoute(first.key));
    }
  };
  return html`
    <div class="search" role="search">
      <${Icon} name="search" />
      <input id="search" type="text" inputmode="search" enterkeyhint="go" autocomplete="off" spellcheck=${false}
        aria-label=${texts.list.search} aria-keyshortcuts="Control+K"
        placeholder=${texts.list.search} title=${texts.list.searchHint} value=${query}
        onInput=${(event) => setQuery(event.currentTarget.value)} onKeyDown=${onKeyDown} />
      ${
        query &&
        html`<${IconButton} icon="close" label=${texts.list.clear} class="input-end" onClick=${() => {
          setQuery('');
          document.getElementById('search').focus();
        }} />`
      }
    </div>`;
}

const Filters = ({ filter, setFilter, isOff }) => html`
  <div class="filters" role="group" aria-label=${texts.list.filterLabel}>
    ${FILTERS.map(
      (name) => html`
      <button key=${name} type="button" class="chip" aria-pressed=${!isOff && filter === name} disabled=${isOff}
        onClick=${() => setFilter(name)}>${texts.list.filters[name]}</button>`,
    )}
  </div>`;

function Sections({ shown, state, today, current, query, filter, onOpen }) {
  if (shown.length === 0) {
    const text = query.trim()
      ? texts.list.nothingFound
      : filter === 'unread'
        ? texts.list.nothingUnread
        : texts.list.nothingHere;
    return html`<p class="list-note" role="status">${text}</p>`;
  }
  return shown.map(
    (section) => html`
    <section key=${section.name} aria-label=${texts.list.sections[section.name]}>
      <h2>${texts.list.sections[section.name]}</h2>
      <ul>${section.items.map((item) => html`<${Item} key=${item.key} ...${flat(item, state)} today=${today}
        isCurrent=${item.key === current} onOpen=${onOpen} />`)}</ul>
      ${section.more > 0 && html`<a class="more"
        href=${section.name === 'otherGroups' ? '#/groups' : '#/people'}>${texts.list.more(section.more)}</a>`}
    </section>`,
  );
}

/** Plain values, so that an entry is drawn again only when something in it is different. */
function flat(item, state) {
  return {
    kind: item.kind,
    id: item.id,
    itemKey: item.key,
    name: item.name,
    online: item.online,
    unread: item.unread,
    pending: item.pending ?? 0,
    failed: item.failed ?? 0,
    timestamp: item.timestamp,
    note: noteOf(item, state),
  };
}

function noteOf(item, state) {
  if (item.preview?.removed) return texts.list.removed;
  if (item.preview) {
    const text = item.preview.message.replace(/\s+/g, ' ').trim();
    if (item.preview.user_id === state.userId) return texts.list.byYou(text);
    const author = item.kind === 'group' && state.people.get(item.preview.user_id);
    return author ? texts.list.byOther(author.first_name, text) : text;
  }
  if (item.kind === 'bot') return texts.bot.about;
  const writer = writerOf(item, state);
  if (writer !== null) return writer;
  if (item.kind === 'group') return texts.list.members(item.members);
  return item.online ? texts.connection.online : ''; // most are offline: the list need not say so again and again
}

/** After a reload nobody knows what was said last, but who said it: one kind of line for all. */
function writerOf(item, state) {
  const room = item.kind === 'user' && state.rooms.get(item.id);
  const id = state.lastWriters.get(room ? `room-${room.chat_room_id}` : item.key);
  if (id === undefined || item.timestamp === null) return null;
  if (id === state.userId) return texts.list.lastByYou;
  return state.people.has(id) ? texts.list.lastBy(state.people.get(id).first_name) : null;
}

const Item = memo(
  ({ kind, id, itemKey, name, online, unread, pending, failed, timestamp, note, isCurrent, onOpen }) => html`
  <li>
    <a class=${`item ${unread > 0 ? 'has-unread' : ''}`} href=${formatRoute(keyRoute(itemKey))} data-key=${itemKey}
      aria-current=${isCurrent ? 'page' : undefined} onClick=${() => onOpen(itemKey)}>
      <${Avatar} kind=${kind} id=${id} name=${name} online=${online} />
      <span class="item-text">
        <span class="item-top"><span class="item-name" dir="auto">${name}</span>${timestamp &&
          html`<time dateTime=${timestamp} title=${completeTime(timestamp)}>${lastActivity(timestamp)}</time>`}</span>
        <span class="item-bottom">${note && html`<span class="item-note" dir="auto">${note}</span>`}<${Unsent}
          pending=${pending} failed=${failed} /><${Badge} n=${unread} /></span>
      </span>
      ${online && html`<span class="hidden">${texts.aside(texts.list.online)}</span>`}
      ${unread > 0 && html`<span class="hidden">${texts.aside(texts.list.unread(unread))}</span>`}
    </a>
  </li>`,
);

/** What one wrote there and is not sent. */
const Unsent = ({ pending, failed }) =>
  failed + pending > 0 &&
  html`<span class=${`item-unsent ${failed > 0 ? 'is-failed' : ''}`}><${Icon} name=${failed > 0 ? 'alert' : 'clock'} />
    <span class="hidden">${texts.aside(failed > 0 ? texts.list.failed(failed) : texts.list.pending(pending))}</span>
    </span>`;

/** Up and down move between the entries; Home and End to the first and the last. Up from the first: the search. */
function moveInList(event, list) {
  const links = [...list.querySelectorAll('a')];
  const at = links.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (event.key === 'Escape') document.querySelector('.composer textarea')?.focus();
  if (to === undefined || at < 0) return;
  event.preventDefault();
  if (to < 0) document.getElementById('search').focus();
  else links[Math.min(to, links.length - 1)].focus();
}
