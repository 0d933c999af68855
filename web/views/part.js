// Which part of a conversation is drawn: never thousands of messages at once. Used by messages.js.
//
// As a rule the newest two blocks (state/timeline.js), and one more above each time one scrolls up there. Who jumps to
// the first unread message sees the blocks around it, which are "detached": between them and the end is something that
// is not drawn, or not even loaded (an Excerpt of the client module). Scrolling down, or one jump, leads back.

import { useCallback, useLayoutEffect, useRedraw, useRef } from './html.js';
import { blockOf, buildBlocks } from '../state/timeline.js';

const NONE = [];
const FEW_BLOCKS = 3; // so many are drawn at once to have the unread line

/** `place`: see scroll.js. `unreadSeq`: where the unread begin; 0: nowhere. */
export function usePart(conversation, { me, activities, unreadSeq, place }) {
  const redraw = useRedraw();
  const part = useRef({ excerpt: null, from: 0, to: null, newest: null }).current;
  const { messages } = conversation;
  follow(part, messages, place);
  reachFor(part, messages, unreadSeq);
  useLayoutEffect(() => {
    part.excerpt?.addEventListener('change', redraw);
    return () => part.excerpt?.removeEventListener('change', redraw);
  }, [part.excerpt]);

  const source = part.excerpt ?? conversation;
  const all = useBlocks({
    messages: source.messages,
    me,
    firstUnreadSeq: unreadSeq,
    activities: within(part, activities),
  });
  const isDrawn = ({ key }) => part.excerpt !== null || (key >= part.from && (part.to === null || key <= part.to));
  const blocks = all.filter(isDrawn);
  const hasAbove = blocks.length > 0 && blocks[0].key > all[0].key;
  const set = (difference) => {
    Object.assign(part, difference);
    redraw();
  };
  return {
    blocks,
    firstSeq: blocks[0]?.messages[0]?.seq,
    lastSeq: blocks.at(-1)?.messages.at(-1)?.seq,
    isDetached: part.excerpt !== null || part.to !== null,
    hasAbove: hasAbove || source.hasOlder,
    /** More above, from memory or from the server. */
    up: () => (hasAbove ? Promise.resolve(set({ from: part.from - 1 })) : source.loadOlder()),
    down: () => (part.excerpt ? part.excerpt.loadNewer() : Promise.resolve(set({ to: part.to + 1 }))),
    toEnd: useCallback(() => {
      if (part.excerpt === null && part.to === null) return;
      set({ excerpt: null, to: null, from: blockOf(conversation.messages.at(-1).seq) - 1 });
    }, [conversation]),
    /** `before()` is called right before the drawing that has it. */
    jumpTo: async (seq, before) => {
      const excerpt = await conversation.around(seq);
      before();
      set({ excerpt, from: blockOf(seq), to: blockOf(seq) + 1 });
    },
  };
}

const useBlocks = (input) => {
  const previous = useRef(NONE);
  previous.current = buildBlocks(previous.current, input);
  return previous.current;
};

/** What has changed below: an excerpt that has met the rest, or very much that came at once. */
function follow(part, messages, place) {
  if (messages.length === 0) return;
  const newest = blockOf(messages.at(-1).seq);
  if (part.excerpt?.joined) {
    const joined = part.excerpt.messages;
    Object.assign(part, { excerpt: null, from: blockOf(joined[0].seq), to: blockOf(joined.at(-1).seq) });
  }
  const isMuch = part.newest === null || newest > part.newest + 1;
  if (isMuch && part.excerpt === null && part.to === null) {
    place.look();
    if (part.newest === null || place.isAtEnd) part.from = newest - 1;
    else part.to = part.newest;
  }
  part.newest = newest;
  if (part.to !== null && part.to >= newest) part.to = null;
  // Everything is drawn: then also what comes from the server above it.
  if (part.from <= blockOf(messages[0].seq)) part.from = 0;
}

function reachFor(part, messages, unreadSeq) {
  if (unreadSeq === 0 || part.to !== null || !(unreadSeq >= messages[0]?.seq)) return;
  const block = blockOf(unreadSeq);
  if (part.newest - block < FEW_BLOCKS) part.from = Math.min(part.from, block);
}

/** An excerpt has no place for what happened after it. */
function within(part, activities) {
  if (part.excerpt === null) return activities;
  const [first, last] = [part.excerpt.messages[0], part.excerpt.messages.at(-1)];
  const inside = activities.filter(({ afterSeq }) => afterSeq >= first.seq && afterSeq < last.seq);
  return inside.length > 0 ? inside : NONE;
}
