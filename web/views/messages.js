// The messages of one conversation. What the rows are is decided in state/timeline.js, what they look like in rows.js,
// which of them are drawn in part.js, where one is in scroll.js, what is unread in unread.js.

import { html, useApp, useConversation, useEffect, useRef, useStore } from './html.js';
import { End, Start, useEnds } from './ends.js';
import { keepFocus, talkPlace } from './focus.js';
import { Icon } from './icons.js';
import { useLoading } from './loading.js';
import { usePart } from './part.js';
import { Empty, MessagesSkeleton } from './parts.js';
import { Block, Outgoing, Thinking } from './rows.js';
import { usePlace, useScroll } from './scroll.js';
import { Slow } from './slow.js';
import { useToday } from './today.js';
import { UnreadBar, useReading, useUnreadLine } from './unread.js';
import { waitingSince } from '../state/timeline.js';
import { authorName } from '../state/list.js';
import { texts } from '../texts.js';

const NONE = [];

export function Messages({ conversation, route, name, listRef, onEscape, onExample }) {
  const { client, store } = useApp();
  useConversation(conversation);
  const { messages, outgoing } = conversation;
  const me = useStore((state) => state.userId);
  const today = useToday();
  useStore((state) => state.namesAt); // drawn again then; each block looks whether it has one of the new names
  const activities = useStore((state) => state.activities.get(conversation.key) ?? NONE);
  const { isFresh, isCurrent, failure, load, again } = useLoading(conversation, client);
  const unread = useUnreadLine(conversation, me, isFresh, isCurrent);
  const place = usePlace();
  const part = usePart(conversation, { me, activities, unreadSeq: unread.seq, place });
  const scroll = useScroll(place, conversation, { unread, part, me });
  const { older, newer, look } = useEnds(conversation, scroll, part);
  useReading(conversation, scroll, unread);
  const toEnd = () => {
    scroll.toEnd();
    part.toEnd();
  };
  listRef.current = { toEnd, isAtEnd: scroll.isAtEnd };

  // For the list at the left, which quotes what is known.
  const newest = messages.at(-1);
  useEffect(() => {
    if (newest) store.noteNewest(conversation.key, newest);
  }, [newest]);

  const isShown = conversation.loaded || messages.length > 0 || outgoing.length > 0;
  const isEmpty = isShown && messages.length === 0 && outgoing.length === 0;
  const label = route.view === 'group' ? texts.conversation.groupMessages(name) : texts.conversation.messages(name);
  return html`
    <div class="messages-place">
      <div class=${`messages is-${route.view}`} ref=${scroll.ref} tabindex="0" role="region" aria-label=${label}
        onScroll=${() => {
          scroll.onScroll();
          look();
        }}
        onClick=${(event) => event.target.closest('.fold') && scroll.hold()}
        onKeyDown=${(event) => event.key === 'Escape' && onEscape()}>
        <div class="messages-inner" ref=${scroll.innerRef}>
          ${!isShown && !failure && html`<${MessagesSkeleton} />`}
          ${failure && html`<${Failed} text=${failure} retry=${load} />`}
          ${isEmpty && html`<${Nothing} route=${route} name=${name} onExample=${onExample} />`}
          ${isShown && !isEmpty && html`<${Start} hasAbove=${part.hasAbove} older=${older} hurry=${again} />`}
          ${isShown && part.blocks.map((block) => html`<${Block} key=${block.key} rows=${block.rows}
            isFull=${block.messages.length >= 100} names=${namesIn(block, store.state)}
            today=${today} kind=${route.view} />`)}
          ${part.isDetached && html`<${End} newer=${newer} hurry=${again} />`}
          ${!part.isDetached && outgoing.length > 0 && html`<${Outgoing} conversation=${conversation}
            outgoing=${outgoing} before=${part.blocks.at(-1)?.rows.at(-1)?.message} me=${me} />`}
          ${!part.isDetached && route.view === 'bot' && html`<${Thinking} since=${waitingSince(messages, outgoing)}
            isFresh=${isFresh} />`}
        </div>
      </div>
      <${Slow} isWaiting=${!isShown && !failure} retry=${again} />
      <${UnreadBar} unread=${unread} part=${part} scroll=${scroll} />
      <${Jump} scroll=${scroll} isDetached=${part.isDetached} toEnd=${toEnd} />
      <${Announcer} messages=${messages} isFresh=${isFresh} me=${me} />
    </div>`;
}

const authors = new WeakMap(); // by the rows of a block: who wrote in it

/** Another string when somebody in the block is called something else. */
function namesIn({ rows }, state) {
  if (!authors.has(rows)) authors.set(rows, new Set(rows.flatMap(authorsOf)));
  return [...authors.get(rows)].map((id) => authorName(state, id)).join('\n');
}

const authorsOf = ({ message, user_id }) => (message ? [message.user_id] : user_id === undefined ? [] : [user_id]);

const Failed = ({ text, retry }) => html`
  <div role="alert"><${Empty} icon="alert" title=${texts.conversation.failed} hint=${text}>
    <button type="button" class="button" onClick=${retry}>${texts.tryAgain}</button></${Empty}></div>`;

function Nothing({ route, name, onExample }) {
  if (route.view === 'bot') {
    return html`
      <${Empty} icon="bot" title=${texts.bot.emptyTitle} hint=${texts.bot.emptyHint}>
        <ul class="examples">${texts.bot.examples.map((text) => html`<li key=${text}>
          <button type="button" class="chip large" onClick=${() => {
            onExample(text);
            keepFocus(talkPlace());
          }}>${text}</button></li>`)}</ul>
      </${Empty}>`;
  }
  return html`<${Empty} icon=${route.view === 'group' ? 'group' : 'person'}
    title=${route.view === 'group' ? texts.conversation.emptyGroup : texts.conversation.emptyUser(name)} />`;
}

const Jump = ({ scroll, isDetached, toEnd }) =>
  (scroll.away !== null || isDetached) &&
  html`
  <button type="button" class=${`jump ${scroll.newCount > 0 ? 'has-new' : ''}`} onClick=${() => {
    toEnd();
    keepFocus(talkPlace());
  }}
    aria-label=${texts.conversation.jumpLabel(scroll.newCount)}>
    <${Icon} name="down" />${scroll.newCount > 0 && html`<span>${texts.conversation.jumpCount(scroll.newCount)}</span>`}
  </button>`;

const SAID_MOST = 6;

/** Reads out what others say, as it comes; not what is loaded. Each has an element: repeated words are read again. */
function Announcer({ messages, isFresh, me }) {
  const { store } = useApp();
  const known = useRef(null);
  const said = useRef(NONE);
  const newest = messages.at(-1)?.seq ?? 0;
  if (isFresh) {
    const news =
      known.current === null
        ? []
        : messages.filter((one) => one.seq > known.current && one.user_id !== me && !one.removed).slice(-3);
    known.current = newest;
    const say = ({ seq, user_id, message }) => ({
      seq,
      text: texts.conversation.announce(authorName(store.state, user_id), message.slice(0, 300)),
    });
    if (news.length > 0) said.current = [...said.current, ...news.map(say)].slice(-SAID_MOST);
  }
  return html`<div class="hidden" aria-live="polite">${said.current.map(({ seq, text }) => html`<p key=${seq}>${text}
    </p>`)}</div>`;
}
