// The middle: one conversation with its head, messages and typing area, and for a group the panel with its members.

import { html, useApp, useCallback, useEffect, useMedia, useRef, useState, useStore } from './html.js';
import { Back } from './back.js';
import { Composer } from './composer.js';
import { GroupPanel } from './group-panel.js';
import { Messages } from './messages.js';
import { Avatar, Empty, IconButton, MessagesSkeleton } from './parts.js';
import { fullName } from '../state/text.js';
import { errorText, texts } from '../texts.js';

/** Whom it is with: the user or the group, or neither (the bot, or there is no such one), and whether that is known. */
function usePartner(route) {
  return {
    user: useStore((state) => (route.view === 'user' ? state.people.get(route.id) : undefined)),
    group: useStore((state) => (route.view === 'group' ? state.groups.get(route.id) : undefined)),
    isLoaded: useStore(
      (state) =>
        route.view === 'bot' ||
        (route.view === 'user' ? state.loaded.people && state.loaded.rooms : state.loaded.groups),
    ),
  };
}

export function ConversationView({ route, conversationKey }) {
  const { store } = useApp();
  const { user, group, isLoaded } = usePartner(route);
  const isMe = useStore((state) => route.view === 'user' && route.id === state.userId);
  const name = user ? fullName(user) : group ? group.name : route.view === 'bot' ? texts.bot.name : '';
  const isBeside = useMedia('(min-width: 72rem)');
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (isBeside) setOpen(false); // it has a column now: the drawer does not come back by itself
  }, [isBeside]);
  const isMissing = isLoaded && !name;
  if (isMissing || isMe) return html`<${Missing} isMe=${isMe} />`;
  const panel = group && html`<${GroupPanel} group=${group} isBeside=${isBeside} onClose=${() => setOpen(false)} />`;
  return html`
    <div class=${`conversation ${group && isBeside ? 'with-panel' : ''}`}>
      <section class="talk">
        <${Head} route=${route} user=${user} group=${group} name=${name} canOpen=${group && !isBeside}
          isOpen=${isOpen} onOpen=${() => setOpen(true)} />
        ${isLoaded ? html`<${Talk} conversation=${store.conversation(conversationKey)} route=${route} name=${name}
          group=${group} />` : html`<div class="messages-place"><${MessagesSkeleton} /></div>`}
      </section>
      ${(isBeside || isOpen) && panel}
    </div>`;
}

const Missing = ({ isMe }) => html`
  <div class="page">
    <h1 class="hidden" tabindex="-1">${isMe ? texts.conversation.self : texts.conversation.notFound}</h1>
    <${Empty} icon="person" title=${isMe ? texts.conversation.self : texts.conversation.notFound}
      hint=${isMe ? texts.conversation.selfHint : texts.conversation.notFoundHint}>
      <p><a class="button" href="#/people">${texts.list.allPeople}</a></p>
    </${Empty}>
  </div>`;

function Head({ route, user, group, name, canOpen, isOpen, onOpen }) {
  const { id } = route;
  return html`
    <header class="talk-head">
      <${Back} />
      <${Avatar} kind=${route.view} id=${id ?? 0} name=${name} online=${user?.online} />
      <div class="page-title"><h1 tabindex="-1" dir="auto">${name || '\u00a0'}</h1>
        <${Subtitle} user=${user} group=${group} /></div>
      ${canOpen && html`<${IconButton} icon="people" label=${texts.group.showMembers} aria-expanded=${isOpen}
        onClick=${onOpen} class="panel-toggle" />`}
    </header>`;
}

function Subtitle({ user, group }) {
  const members = useStore((state) => (group ? state.members.get(group.chat_group_id) : undefined));
  if (group) {
    const present = members && group.is_member ? [...members.values()].filter((member) => member.present).length : 0;
    return html`<p class="subtitle">${texts.group.counts(group.members, present)}</p>`;
  }
  if (user) return html`<p class="subtitle">${user.online ? texts.connection.online : texts.connection.offline}</p>`;
  return html`<p class="subtitle">${texts.bot.about}</p>`;
}

function Talk({ conversation, route, name, group }) {
  const composerRef = useRef();
  const listRef = useRef();
  const onSend = useCallback(
    (text) => {
      listRef.current?.toEnd();
      conversation.send(text);
    },
    [conversation],
  );
  // Escape: first down to the newest, then back to the list.
  const onEscape = useCallback(() => {
    if (listRef.current && !listRef.current.isAtEnd()) listRef.current.toEnd();
    else (document.querySelector('.list a[aria-current]') ?? document.querySelector('.list a'))?.focus();
  }, []);
  const toComposer = useCallback(() => composerRef.current?.focus(), []);
  const mayWrite = !group || group.is_member;
  return html`
    <${Messages} conversation=${conversation} route=${route} name=${name} listRef=${listRef} onEscape=${toComposer}
      onExample=${onSend} />
    ${
      mayWrite
        ? html`<${Composer} conversationKey=${conversation.key} name=${name} inputRef=${composerRef} onSend=${onSend}
          onEscape=${onEscape} />`
        : html`<${Join} id=${group.chat_group_id} />`
    }`;
}

function Join({ id }) {
  const { store, toast } = useApp();
  const [isBusy, setBusy] = useState(false);
  const isThere = useRef(true);
  useEffect(
    () => () => {
      isThere.current = false;
    },
    [],
  );
  const join = async () => {
    setBusy(true);
    try {
      await store.enter(id);
      setTimeout(() => document.querySelector('.composer textarea')?.focus(), 50); // when it is drawn
    } catch (error) {
      toast(errorText(error), true);
    }
    if (isThere.current) setBusy(false);
  };
  return html`
    <div class="join">
      <p>${texts.group.joinHint}</p>
      <button type="button" class="button primary" onClick=${join}
        aria-busy=${isBusy}>${isBusy ? texts.group.joining : texts.group.join}</button>
    </div>`;
}
