// What is unread, the newest first, and one button for all of it.

import { html, useApp, useState, useStore } from './html.js';
import { keepFocus } from './focus.js';
import { Icon } from './icons.js';
import { Avatar, Badge, Empty, ListSkeleton, PageHead } from './parts.js';
import { useToday } from './today.js';
import { authorName, conversations } from '../state/list.js';
import { formatRoute, keyRoute } from '../state/route.js';
import { completeTime, lastActivity } from '../state/time.js';
import { texts } from '../texts.js';

export function NotificationsView() {
  const { store, toast } = useApp();
  const state = useStore((all) => all);
  useToday();
  const [isBusy, setBusy] = useState(false);
  const items = conversations(state).filter((item) => item.unread > 0);
  const total = items.reduce((sum, item) => sum + item.unread, 0);
  const isLoaded = state.loaded.rooms && state.loaded.groups && state.loaded.people;
  const markAll = async () => {
    setBusy(true);
    const hasFailed = await store.markAllRead(items.map((item) => item.key)).then(
      () => false,
      () => true,
    );
    toast(hasFailed ? texts.notifications.failed : texts.notifications.done, hasFailed);
    setBusy(false);
    keepFocus('.main h1'); // without anything unread the button is gone
  };
  return html`
    <div class="page">
      <${PageHead} title=${texts.notifications.title} count=${isLoaded ? texts.list.unread(total) : texts.loading}>
        ${items.length > 0 && html`<button type="button" class="button" title=${texts.notifications.markAll}
          onClick=${markAll} aria-busy=${isBusy}>
          <${Icon} name="check" /><span class="button-text">${texts.notifications.markAll}</span></button>`}
      </${PageHead}>
      ${!isLoaded && html`<${ListSkeleton} />`}
      ${isLoaded && items.length === 0 && html`<${Empty} icon="bell" title=${texts.notifications.none}
        hint=${texts.notifications.noneHint} />`}
      <ul class="cards single">${isLoaded && items.map((item) => html`<${Entry} key=${item.key} item=${item}
        state=${state} />`)}</ul>
    </div>`;
}

function Entry({ item, state }) {
  const room = item.kind === 'user' && state.rooms.get(item.id);
  const writer = state.lastWriters.get(room ? `room-${room.chat_room_id}` : item.key);
  const from = item.kind === 'group' && writer && texts.notifications.from(authorName(state, writer));
  const note = texts.facts([texts.list.unread(item.unread), from].filter(Boolean));
  return html`
    <li><a class="card" href=${formatRoute(keyRoute(item.key))}>
      <${Avatar} kind=${item.kind} id=${item.id} name=${item.name} online=${item.online} />
      <span class="card-text"><span class="card-name" dir="auto">${item.name}</span>
        <span
          class="card-note">${note}</span></span>
      <span class="card-end">${item.timestamp && html`<time dateTime=${item.timestamp}
        title=${completeTime(item.timestamp)}>${lastActivity(item.timestamp)}</time>`}<${Badge} n=${item.unread} />
        </span>
    </a></li>`;
}
