// The middle: one conversation with its head, messages and typing area, and for a group the panel with its members.

import { html, useApp, useCallback, useEffect, useMedia, useRef, useState, useStore } from './html.js';
import { Back } from './back.js';
import { keepFocus } from './focus.js';
import { Composer } from './composer.js';
import { GroupPanel } from './group-panel.js';
import { Messages } from './messages.js';
import { Avatar, Empty, IconButton, MessagesSkeleton } from './parts.js';
import { isDeleted } from '../state/list.js';
import { fullName } from '../state/text.js';
import { errorText, texts } from '../texts.js';

/** Whom it is with: the user or the group, or neither (the bot, or there is no such one), and whether that is known. */
function usePartner(route) {
  return {
    // Somebody whose account is gone, and with whom one has talked.
    isDeleted: useStore(
      (state) => route.view === 'user' && state.loaded.rooms && state.rooms.has(route.id) && isDeleted(state, route.id),
    ),
    removedName: useStore((state) => (route.view === 'group' ? state.removedGroups.get(route.id) : undefined)),
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
  const partner = usePartner(route);
  const { user, group, isLoaded } = partner;
  const isMe = useStore((state) => route.view === 'user' && route.id === state.userId);
  const name = nameOf(route, partner);
  useRemovalNotice(partner.removedName);
  const isBeside = useMedia('(min-width: 72rem)');
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (isBeside) setOpen(false); // it has a column now: the drawer does not come back by itself
  }, [isBeside]);
  const isMissing = isLoaded && !name;
  if (isMissing || isMe) return html`<${Missing} ...${missing(isMe, partner.removedName)} />`;
  const panel = group && html`<${GroupPanel} group=${group} isBeside=${isBeside} onClose=${() => setOpen(false)} />`;
  return html`
    <div class=${`conversation ${group && isBeside ? 'with-panel' : ''}`}>
      <section class="talk">
        <${Head} route=${route} user=${user} group=${group} name=${name} canOpen=${group && !isBeside}
          isOpen=${isOpen} onOpen=${() => setOpen(true)} />
        ${
          isLoaded
            ? html`<${Talk} conversation=${store.conversation(conversationKey)} route=${route} name=${name}
              group=${group} isDeleted=${partner.isDeleted} />`
            : html`<div class="messages-place"><${MessagesSkeleton} /></div>`
        }
      </section>
      ${(isBeside || isOpen) && panel}
    </div>`;
}

/** Said when it happens to the group on the screen; who comes to such a place later reads it there. */
function useRemovalNotice(name) {
  const { toast } = useApp();
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current && name !== undefined) {
      toast(texts.conversation.groupRemoved(name), true);
      keepFocus('.main h1');
    }
    isFirst.current = false;
  }, [name]);
}

function nameOf(route, { user, group, isDeleted: isGone }) {
  if (user) return fullName(user);
  if (group) return group.name;
  if (route.view === 'bot') return texts.bot.name;
  return isGone ? texts.deletedUser : '';
}

function missing(isMe, removedName) {
  const { self, selfHint, notFound, notFoundHint, groupRemoved, groupRemovedHint } = texts.conversation;
  if (isMe) return { title: self, hint: selfHint, icon: 'person' };
  if (removedName !== undefined) return { title: groupRemoved(removedName), hint: groupRemovedHint, icon: 'group' };
  return { title: notFound, hint: notFoundHint, icon: 'person' };
}

const Missing = ({ title, hint, icon }) => html`
  <div class="page">
    <h1 class="hidden" tabindex="-1">${title}</h1>
    <${Empty} icon=${icon} title=${title} hint=${hint}>
      <p>${
        icon === 'group'
          ? html`<a class="button" href="#/groups">${texts.list.allGroups}</a>`
          : html`<a class="button" href="#/people">${texts.list.allPeople}</a>`
      }</p>
    </${Empty}>
  </div>`;

function Head({ route, user, group, name, canOpen, isOpen, onOpen }) {
  const { id } = route;
  return html`
    <header class="talk-head">
      <${Back} />
      <${Avatar} kind=${route.view} id=${id ?? 0} name=${name} online=${user?.online} />
      <div class="page-title"><h1 tabindex="-1" dir="auto">${name || '\u00a0'}</h1>
        <${Subtitle} user=${user} group=${group} isBot=${route.view === 'bot'} /></div>
      ${canOpen && html`<${IconButton} icon="people" label=${texts.group.showMembers} aria-expanded=${isOpen}
        onClick=${onOpen} class="panel-toggle" />`}
    </header>`;
}

function Subtitle({ user, group, isBot }) {
  const members = useStore((state) => (group ? state.members.get(group.chat_group_id) : undefined));
  if (group) {
    const present = members && group.is_member ? [...members.values()].filter((member) => member.present).length : 0;
    return html`<p class="subtitle">${texts.group.counts(group.members, present)}</p>`;
  }
  if (user) return html`<p class="subtitle">${user.online ? texts.connection.online : texts.connection.offline}</p>`;
  return html`<p class="subtitle">${isBot ? texts.bot.about : ''}</p>`;
}

function Talk({ conversation, route, name, group, isDeleted: isGone }) {
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
  const isOut = useOut(mayWrite);
  return html`
    <p class="hidden" role="status">${isOut && texts.group.youAreOut}</p>
    <${Messages} conversation=${conversation} route=${route} name=${name} listRef=${listRef} onEscape=${toComposer}
      onExample=${onSend} />
    ${
      isGone
        ? html`<div class="join"><p>${texts.conversation.deletedHint}</p></div>`
        : mayWrite
          ? html`<${Composer} conversationKey=${conversation.key} name=${name} inputRef=${composerRef} onSend=${onSend}
          onEscape=${onEscape} />`
        : html`<${Join} id=${group.chat_group_id} />`
    }`;
}

/** Put out while looking, perhaps while typing: it is said, and the focus goes to what is there instead. */
function useOut(mayWrite) {
  const couldWrite = useRef(mayWrite);
  const [isOut, setOut] = useState(false);
  useEffect(() => {
    if (couldWrite.current && !mayWrite) keepFocus('.join .button', '.main h1');
    setOut(couldWrite.current && !mayWrite);
    couldWrite.current = mayWrite;
  }, [mayWrite]);
  return isOut;
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
