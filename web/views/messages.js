// The messages of one conversation: scrolling, older ones, what is new, read marks. What the rows are is decided in
// state/timeline.js, what they look like in views/rows.js.
//
// The browser's own scroll anchoring is switched off (style: overflow-anchor): Safari has none, and two that correct
// the same jump make another one.

import {
  html,
  useApp,
  useCallback,
  useConversation,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useStore,
} from './html.js';
import { keepFocus, talkPlace } from './focus.js';
import { Icon } from './icons.js';
import { Empty, MessagesSkeleton } from './parts.js';
import { Block, Outgoing, Thinking } from './rows.js';
import { useToday } from './today.js';
import { buildBlocks, firstUnreadSeq, waitingSince } from '../state/timeline.js';
import { authorName } from '../state/list.js';
import { errorText, texts } from '../texts.js';

const NEAR_END_PX = 48;
const NEAR_START_PX = 800;
const NONE = [];

export function Messages({ conversation, route, name, listRef, onEscape, onExample }) {
  const { store } = useApp();
  useConversation(conversation);
  const { messages, outgoing, hasOlder } = conversation;
  const me = useStore((state) => state.userId);
  const today = useToday();
  useStore((state) => state.namesAt); // drawn again then; each block looks whether it has one of the new names
  const activities = useStore((state) => state.activities.get(conversation.key) ?? NONE);
  const { isFresh, isCurrent, failure, load } = useLoading(conversation);
  const unread = useUnreadLine(conversation, me, isFresh, isCurrent);
  const drawn = useDrawn(useBlocks({ messages, me, firstUnreadSeq: unread.seq, activities }));
  const scroll = useScroll(conversation, isFresh, drawn.firstSeq);
  const older = useOlder(conversation, scroll, drawn);
  useReading(conversation, scroll, unread, isFresh);
  listRef.current = { toEnd: scroll.toEnd, isAtEnd: () => scroll.isAtEnd.current };

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
      <div class="messages" ref=${scroll.ref} tabindex="0" role="region" aria-label=${label} onScroll=${() => {
        scroll.onScroll();
        older.look();
      }}
        onKeyDown=${(event) => event.key === 'Escape' && onEscape()}>
        <div class="messages-inner" ref=${scroll.innerRef}>
          ${!isShown && !failure && html`<${MessagesSkeleton} />`}
          ${failure && html`<${Failed} text=${failure} retry=${load} />`}
          ${isEmpty && html`<${Nothing} route=${route} name=${name} onExample=${onExample} />`}
          ${isShown && !isEmpty && html`<${Start} hasOlder=${hasOlder || drawn.hasMore} older=${older} />`}
          ${isShown && drawn.blocks.map((block) => html`<${Block} key=${block.key} rows=${block.rows}
            isFull=${block.messages.length >= 100} names=${namesIn(block, store.state)}
            today=${today} kind=${route.view} />`)}
          ${outgoing.length > 0 && html`<${Outgoing} conversation=${conversation} outgoing=${outgoing} />`}
          ${route.view === 'bot' && html`<${Thinking} since=${waitingSince(messages, outgoing)}
            isFresh=${isFresh} />`}
        </div>
      </div>
      <${Jump} scroll=${scroll} />
      <${Announcer} messages=${messages} isFresh=${isFresh} me=${me} />
    </div>`;
}

function useBlocks(input) {
  const previous = useRef(NONE);
  previous.current = buildBlocks(previous.current, input);
  return previous.current;
}

const authors = new WeakMap(); // by the rows of a block: who wrote in it

/** Another string when somebody in the block is called something else. */
function namesIn({ rows }, state) {
  if (!authors.has(rows)) authors.set(rows, new Set(rows.flatMap(authorsOf)));
  return [...authors.get(rows)].map((id) => authorName(state, id)).join('\n');
}

const authorsOf = ({ message, user_id }) => (message ? [message.user_id] : user_id === undefined ? [] : [user_id]);

/**
 * Coming back to thousands of messages: the newest two blocks are drawn, and those with the unread; `more` draws one
 * above them. What comes from the server later is drawn at once.
 */
function useDrawn(blocks) {
  const [from, setFrom] = useState(() => blocks.at(-2)?.key ?? 0);
  const start = Math.min(from, blocks.find((block) => block.unreadSeq > 0)?.key ?? from);
  const above = blocks.filter((block) => block.key < start);
  const shown = above.length > 0 ? blocks.slice(above.length) : blocks;
  return {
    blocks: shown,
    firstSeq: shown[0]?.messages[0]?.seq,
    hasMore: above.length > 0,
    more: () => setFrom(above.length > 1 ? above.at(-1).key : 0),
  };
}

/**
 * Loads when opened, and again on demand; a failure without a network mends itself. isFresh: there is something to
 * show, even if what is newest could not be asked for yet; isCurrent: it has been.
 */
function useLoading(conversation) {
  const [state, setState] = useState({ isCurrent: false, failure: null });
  const connection = useStore((all) => all.connection);
  const isThere = useRef(true);
  const load = useCallback(() => {
    setState({ isCurrent: false, failure: null });
    const done = (next) => isThere.current && setState(next);
    conversation.load().then(
      () => done({ isCurrent: true, failure: null }),
      (error) => done({ isCurrent: false, failure: errorText(error) }),
    );
  }, [conversation]);
  useEffect(() => {
    isThere.current = true;
    load();
    return () => {
      isThere.current = false;
    };
  }, [conversation]);
  useEffect(() => {
    if (connection === 'online' && state.failure) load();
  }, [connection]);
  // What was loaded before is better than a page that says sorry.
  return { ...state, isFresh: conversation.loaded, failure: conversation.loaded ? null : state.failure, load };
}

/** Where the unread begin. Fixed once found; begins anew when messages come while nobody looks. */
function useUnreadLine(conversation, me, isFresh, isCurrent) {
  const { store } = useApp();
  const line = useRef(null);
  const [, redraw] = useState(0);
  line.current ??= { ...listed(store.state, conversation.key), lastSeq: null, seq: 0 };
  const current = line.current;
  const newest = conversation.messages.at(-1);
  // The number is counted back from what is newest, which a conversation loaded long ago may not have yet.
  if (newest && current.lastSeq === null && (isCurrent || (isFresh && newest.seq >= current.newest)))
    current.lastSeq = newest.seq;
  if (current.unread > 0 && current.seq === 0 && current.lastSeq !== null) {
    current.seq = firstUnreadSeq(conversation.messages, current.unread, current.lastSeq, me);
  }
  const begin = (seq) => {
    Object.assign(current, { seq, unread: 0 });
    redraw((n) => n + 1);
  };
  return { seq: current.seq, begin };
}

function listed(state, key) {
  const [kind, id] = key.split('-');
  const item = { user: state.rooms.get(Number(id)), group: state.groups.get(Number(id)) }[kind];
  return { unread: item?.unread ?? 0, newest: item?.last_seq ?? 0 };
}

/**
 * Keeps the view where the eye is: at the end if it was there, at the same message if older ones came above. `ref` is
 * what scrolls. Everything is measured before and after a drawing, never between.
 */
function useScroll(conversation, isFresh, first) {
  const ref = useRef();
  const innerRef = useRef();
  const isAtEnd = useRef(true);
  const placed = useRef(null); // null, 'early' (what is newest is not loaded yet), 'fresh'
  const [away, setAway] = useState(null); // the newest seq when the end was left; null: at the end
  const shownFirst = useRef(first);
  // While drawing, the page still shows what was before.
  const anchor = ref.current && placed.current && first !== shownFirst.current ? anchorOf(ref.current) : null;

  const toEnd = useCallback(() => {
    const element = ref.current;
    if (!element) return;
    isAtEnd.current = true;
    setAway(null);
    element.scrollTop = element.scrollHeight;
  }, []);

  useLayoutEffect(() => {
    const element = ref.current;
    shownFirst.current = first;
    const place = isFresh ? 'fresh' : (placed.current ?? 'early');
    if (placed.current !== place && conversation.messages.length > 0) {
      placed.current = place;
      const line = element.querySelector('.row-unread');
      element.scrollTop = line ? offsetIn(line, element) - 72 : element.scrollHeight;
      isAtEnd.current = atEnd(element);
    } else if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (anchor) element.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
  });

  // Heights also change without us: a window, a phone's keyboard, a typing area that grows.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current && ref.current) ref.current.scrollTop = ref.current.scrollHeight;
    });
    observer.observe(ref.current);
    observer.observe(innerRef.current);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const now = atEnd(ref.current);
    if (now === isAtEnd.current) return;
    isAtEnd.current = now;
    setAway(now ? null : (conversation.messages.at(-1)?.seq ?? 0));
  };
  const newCount = away === null ? 0 : conversation.messages.filter((message) => message.seq > away).length;
  return { ref, innerRef, isAtEnd, away, newCount, toEnd, onScroll };
}

const atEnd = (element) => element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
const offsetIn = (row, element) =>
  row.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop;

/** The first row that is in sight, and how far from the top. Blocks out of sight are not asked for their rows. */
function anchorOf(element) {
  const top = element.getBoundingClientRect().top;
  for (const block of element.querySelectorAll('.block')) {
    if (block.getBoundingClientRect().bottom <= top) continue;
    for (const row of block.children) {
      const box = row.getBoundingClientRect();
      if (box.bottom > top && row.matches('.row-message')) return { element: row, top: box.top };
    }
  }
  return null;
}

/** Going up: first through what is in memory, then the server is asked. */
function useOlder(conversation, scroll, drawn) {
  const [state, setState] = useState('idle'); // idle, busy, failed
  const busy = useRef(false);
  const load = () => {
    if (drawn.hasMore) {
      drawn.more();
      return;
    }
    if (busy.current || !conversation.hasOlder) return;
    busy.current = true;
    setState('busy');
    conversation
      .loadOlder()
      .then(
        () => setState('idle'),
        () => setState('failed'),
      )
      .finally(() => {
        busy.current = false;
      });
  };
  const look = () => {
    if (state !== 'failed' && scroll.ref.current.scrollTop < NEAR_START_PX) load();
  };
  // Also when what is loaded does not fill the page.
  useEffect(() => {
    if (conversation.loaded && scroll.ref.current) look();
  }, [conversation.loaded, drawn.firstSeq]);
  return { state, look, retry: load };
}

/** What is in sight is read: when opened, and when something new comes and one looks at the end of it. */
function useReading(conversation, scroll, unread, isFresh) {
  const { store } = useApp();
  const newest = conversation.messages.at(-1);
  const hasOpened = useRef(false);
  const seen = useRef(0); // the newest that was on a visible page
  const hasLine = useRef(false); // since the page was hidden
  const read = () => {
    if (!isFresh || document.visibilityState !== 'visible') return;
    seen.current = conversation.messages.at(-1)?.seq ?? 0;
    hasLine.current = false;
    if (hasOpened.current && !scroll.isAtEnd.current) return;
    hasOpened.current = true;
    store.markRead(conversation.key).catch(() => {}); // the client tries again after the next break
  };
  const latest = useRef();
  latest.current = read;
  useEffect(() => {
    const isHidden = document.visibilityState !== 'visible';
    const missed =
      isHidden &&
      isFresh &&
      !hasLine.current &&
      conversation.messages.find((message) => message.seq > seen.current && message.user_id !== store.state.userId);
    if (missed) {
      hasLine.current = true;
      unread.begin(missed.seq);
    }
    read();
  }, [isFresh, newest?.seq, scroll.away]);
  useEffect(() => {
    const look = () => latest.current();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      latest.current();
    };
  }, []);
}

const Start = ({ hasOlder, older }) => {
  if (!hasOlder) return html`<p class="start">${texts.conversation.beginning}</p>`;
  if (older.state === 'failed')
    return html`<p class="start" role="alert">${texts.conversation.olderFailed} <button type="button"
      class="text-button" onClick=${older.retry}>${texts.tryAgain}</button></p>`;
  return html`<p class="start"><span class="spinner" /><span>${texts.conversation.older}</span></p>`;
};

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

const Jump = ({ scroll }) =>
  scroll.away !== null &&
  html`
  <button type="button" class=${`jump ${scroll.newCount > 0 ? 'has-new' : ''}`} onClick=${() => {
    scroll.toEnd();
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
        : messages.filter((message) => message.seq > known.current && message.user_id !== me).slice(-3);
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
