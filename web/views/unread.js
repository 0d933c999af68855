// What is unread in the open conversation: where it begins, the way there, and when it counts as read. Used by
// messages.js.

import { html, useApp, useEffect, useRef, useState } from './html.js';
import { keepFocus } from './focus.js';
import { Icon } from './icons.js';
import { IconButton } from './parts.js';
import { firstUnreadSeq } from '../state/timeline.js';
import { errorText, texts } from '../texts.js';

/**
 * { seq, count, isKnown, begin }. Fixed once found, also if it is far above what is loaded; begins anew when messages
 * come while nobody looks. Not known while what was unread at opening is not loaded.
 */
export function useUnreadLine(conversation, me, isFresh, isCurrent) {
  const { store } = useApp();
  const line = useRef(null);
  const [, redraw] = useState(0);
  line.current ??= { ...listed(store.state, conversation.key), lastSeq: null, seq: 0 };
  const current = line.current;
  const newest = conversation.messages.at(-1);
  // The number is counted back from what was newest then, which a conversation loaded long ago may not have yet. Told
  // by the time: of a group that one is not in, a notification says that and no `seq`.
  if (newest && current.lastSeq === null && (isCurrent || (isFresh && newest.timestamp >= current.upTo)))
    current.lastSeq = (conversation.messages.findLast(({ timestamp }) => timestamp <= current.upTo) ?? newest).seq;
  if (current.unread > 0 && current.seq === 0 && current.lastSeq !== null) {
    current.seq = firstUnreadSeq(conversation.messages, current.unread, current.lastSeq, me);
  }
  const begin = (seq) => {
    Object.assign(current, { seq, unread: 0 });
    redraw((n) => n + 1);
  };
  const isKnown = isFresh && (current.lastSeq !== null || current.unread === 0);
  return { seq: current.seq, count: current.unread, isKnown, begin };
}

function listed(state, key) {
  const [kind, id] = key.split('-');
  const item = { user: state.rooms.get(Number(id)), group: state.groups.get(Number(id)) }[kind];
  return { unread: item?.unread ?? 0, upTo: item?.last_timestamp ?? '' };
}

/** For more than is drawn: how many there are, and the way to the first. It goes when one has been there. */
export function UnreadBar({ unread, part, scroll }) {
  const { toast } = useApp();
  const [isBusy, setBusy] = useState(false);
  const isDone = useRef(false);
  const [, redraw] = useState(0);
  if (unread.seq > 0 && part.firstSeq <= unread.seq) isDone.current = true;
  if (unread.seq === 0 || unread.count === 0 || isDone.current || !part.firstSeq) return null;
  const jump = async () => {
    if (isBusy) return;
    setBusy(true);
    try {
      await part.jumpTo(unread.seq, scroll.toLine);
      keepFocus('.messages');
    } catch (error) {
      toast(errorText(error), true);
    }
    setBusy(false);
  };
  const dismiss = () => {
    isDone.current = true;
    redraw((n) => n + 1);
    keepFocus('.messages');
  };
  return html`
    <div class="unread-bar">
      <button type="button" class="unread-jump" onClick=${jump} aria-busy=${isBusy}>
        ${isBusy ? html`<span class="spinner" />` : html`<${Icon} name="up" />`}
        <span>${texts.conversation.jumpCount(unread.count)}</span><span class="unread-where"
        >${texts.conversation.toFirstUnread}</span></button>
      <${IconButton} icon="close" label=${texts.conversation.dismissUnread} onClick=${dismiss} class="small" />
    </div>`;
}

/** What is in sight is read: when opened, and when something new comes and one looks at the end of it. */
export function useReading(conversation, scroll, unread) {
  const { store } = useApp();
  const newest = conversation.messages.at(-1);
  const hasOpened = useRef(false);
  const seen = useRef(0); // the newest that was on a visible page
  const hasLine = useRef(false); // since the page was hidden
  const read = () => {
    if (!unread.isKnown || document.visibilityState !== 'visible') return;
    seen.current = conversation.messages.at(-1)?.seq ?? 0;
    hasLine.current = false;
    if (hasOpened.current && !scroll.isAtEnd()) return;
    hasOpened.current = true;
    store.markRead(conversation.key).catch(() => {}); // the client tries again after the next break
  };
  // What comes now is read as it comes: it need not be counted first.
  const tell = () => {
    const isReading = unread.isKnown && document.visibilityState === 'visible' && scroll.isAtEnd();
    store.noteReading(isReading ? conversation.key : null);
  };
  const latest = useRef();
  latest.current = () => {
    read();
    tell();
  };
  useEffect(() => {
    const isHidden = document.visibilityState !== 'visible';
    const missed =
      isHidden &&
      unread.isKnown &&
      !hasLine.current &&
      conversation.messages.find((message) => message.seq > seen.current && message.user_id !== store.state.userId);
    if (missed) {
      hasLine.current = true;
      unread.begin(missed.seq);
    }
    latest.current();
  }, [unread.isKnown, newest?.seq, scroll.away]);
  useEffect(() => {
    const look = () => latest.current();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      latest.current();
      store.noteReading(null);
    };
  }, []);
}
