// The two pages that list everybody and every group.

import { html, useMemo, useState, useStore } from './html.js';
import { Icon } from './icons.js';
import { Avatar, Empty, ListSkeleton, PageHead } from './parts.js';
import { useToday } from './today.js';
import { groups, people } from '../state/list.js';
import { folding } from '../state/text.js';
import { lastActivity } from '../state/time.js';
import { texts } from '../texts.js';

const PAGE = 100;

export function PeopleView() {
  const state = useStore((all) => all);
  const [query, setQuery] = useState('');
  const [onlineOnly, setOnlineOnly] = useState(false);
  const everybody = useMemo(() => people(state), [state.people, state.userId]);
  const shown = everybody.filter(
    (item) => folding(item.name).includes(folding(query.trim())) && (item.online || !onlineOnly),
  );
  const online = everybody.filter((item) => item.online).length;
  const none = everybody.length === 0 ? texts.people.alone : query.trim() ? texts.people.none : texts.people.noneOnline;
  return html`
    <div class="page">
      <${PageHead} title=${texts.people.title}
        count=${state.loaded.people ? texts.people.count(everybody.length, online) : texts.loading} />
      <div class="page-tools">
        <${Filter} label=${texts.people.search} query=${query} setQuery=${setQuery} />
        <button type="button" class="chip bordered" aria-pressed=${onlineOnly}
          onClick=${() => setOnlineOnly(!onlineOnly)}>${texts.people.onlineOnly}</button>
      </div>
      <${Listing} isLoaded=${state.loaded.people} items=${shown} none=${none} icon="people" draw=${drawPerson} />
    </div>`;
}

export function GroupsView({ onCreate }) {
  const state = useStore((all) => all);
  const [query, setQuery] = useState('');
  useToday();
  const all = useMemo(() => groups(state), [state.groups]);
  const shown = all.filter((item) => folding(item.name).includes(folding(query.trim())));
  return html`
    <div class="page">
      <${PageHead} title=${texts.groups.title}
        count=${state.loaded.groups ? texts.groups.count(all.length) : texts.loading}>
        <button type="button" class="button primary" onClick=${onCreate} title=${texts.list.newGroup}>
          <${Icon} name="plus" /><span class="button-text">${texts.list.newGroup}</span></button>
      </${PageHead}>
      <div class="page-tools"><${Filter} label=${texts.groups.search} query=${query} setQuery=${setQuery} /></div>
      <${Listing} isLoaded=${state.loaded.groups} items=${shown}
        none=${all.length === 0 ? texts.groups.empty : texts.groups.none} icon="group" draw=${drawGroup} />
    </div>`;
}

const Filter = ({ label, query, setQuery }) => html`
  <div class="search"><${Icon} name="search" />
    <input type="text" inputmode="search" autocomplete="off" spellcheck=${false} aria-label=${label}
      placeholder=${label} value=${query} onInput=${(event) => setQuery(event.currentTarget.value)} />
  </div>`;

function Listing({ isLoaded, items, none, icon, draw }) {
  const [count, setCount] = useState(PAGE);
  if (!isLoaded) return html`<${ListSkeleton} />`;
  if (items.length === 0) return html`<${Empty} icon=${icon} title=${none} />`;
  return html`
    <ul class="cards">${items.slice(0, count).map(draw)}</ul>
    ${items.length > count && html`<p class="center"><button type="button" class="button"
      onClick=${() => setCount(count + PAGE)}>${texts.showMore(Math.min(PAGE, items.length - count))}</button></p>`}`;
}

const drawPerson = (item) => html`
  <li key=${item.key}><a class="card" href=${`#/user/${item.id}`}>
    <${Avatar} id=${item.id} name=${item.name} online=${item.online} />
    <span class="card-text"><span class="card-name" dir="auto">${item.name}</span>
      <span class="card-note">${item.online ? texts.people.online : texts.people.offline}</span></span>
  </a></li>`;

function groupNote(item) {
  const active = item.timestamp && lastActivity(item.timestamp);
  return texts.facts([texts.list.members(item.members), active, item.isMember && texts.groups.member].filter(Boolean));
}

const drawGroup = (item) => html`
  <li key=${item.key}><a class="card" href=${`#/group/${item.id}`}>
    <${Avatar} kind="group" id=${item.id} name=${item.name} />
    <span class="card-text"><span class="card-name" dir="auto">${item.name}</span>
      <span
        class="card-note">${groupNote(item)}</span></span>
  </a></li>`;
