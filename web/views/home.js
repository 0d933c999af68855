// What stands in the middle while no conversation is chosen. Not on a phone: there the list is the start page.

import { html, useStore } from './html.js';
import { Icon } from './icons.js';
import { unreadTotal } from '../state/list.js';
import { texts } from '../texts.js';

export function Home({ onCreate }) {
  const me = useStore((state) => state.me);
  const unread = useStore(unreadTotal);
  const card = (icon, title, hint) =>
    html`<span class="choice-icon"><${Icon} name=${icon} /></span><span class="choice-text"><b>${title}</b>
      <span>${hint}</span></span>`;
  return html`
    <div class="page home">
      <h1 tabindex="-1">${texts.home.title(me?.first_name)}</h1>
      <p class="lead">${texts.home.lead}</p>
      ${unread > 0 && html`<p><a class="notice" href="#/notifications">
        <${Icon} name="bell" />${texts.home.unread(unread)}</a></p>`}
      <ul class="choices">
        <li><a class="choice" href="#/people">${card('people', texts.home.people, texts.home.peopleHint)}</a></li>
        <li><a class="choice" href="#/groups">${card('group', texts.home.groups, texts.home.groupsHint)}</a></li>
        <li><button type="button" class="choice"
          onClick=${onCreate}>${card('plus', texts.home.newGroup, texts.home.newGroupHint)}</button></li>
        <li><a class="choice" href="#/bot">${card('bot', texts.home.bot, texts.home.botHint)}</a></li>
      </ul>
      <section class="keys">
        <h2>${texts.home.keys}</h2>
        <dl>${texts.home.keyList.map(([key, does]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${does}</dd>
          </div>`)}</dl>
      </section>
    </div>`;
}
