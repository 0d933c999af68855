// Keeps the view where the eye is: at the end if it was there, at the same message if older ones came above. Used by
// messages.js.
//
// The browser's own scroll anchoring is switched off (style: overflow-anchor): Safari has none, and two that correct
// the same jump make another one.
//
// A person's scrolling always wins. The browser tells of it some time later, and a drawing may come in between: so
// before each drawing and each correction the real position is compared with the last one that was ours.

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from './html.js';

const NEAR_END_PX = 48;
const ABOVE_LINE_PX = 72;

/** Where one is. Made before anything is drawn, because what is drawn depends on it. */
export function usePlace() {
  const ref = useRef();
  const place = useRef(null);
  place.current ??= {
    ref,
    isAtEnd: true,
    isDetached: false, // there is more below what is drawn
    isPlaced: null, // null, 'early' (what is newest is not loaded yet), 'fresh'
    isHeld: false, // the next change of height does not move it
    ours: 0, // scrollTop as we left it, or saw it last
    look() {
      const element = ref.current;
      if (!element || !this.isPlaced || element.scrollTop === this.ours) return;
      this.ours = element.scrollTop;
      this.isAtEnd = atEnd(element) && !this.isDetached;
    },
    moveTo(top) {
      ref.current.scrollTop = top;
      this.ours = ref.current.scrollTop; // as far as it goes
    },
  };
  return place.current;
}

/** `unread`: see unread.js; what is newest is shown when it is known where they begin. */
export function useScroll(place, conversation, { unread, part, me }) {
  const innerRef = useRef();
  const seen = useRef(0); // the newest seq when the end was seen last
  const wantsLine = useRef(false);
  const shownFirst = useRef(part.firstSeq);
  const [away, setAway] = useState(null); // the newest seq when the end was left; null: at the end
  const tell = () => {
    if (place.isAtEnd) seen.current = conversation.messages.at(-1)?.seq ?? 0;
    setAway((before) => (place.isAtEnd ? null : (before ?? seen.current)));
  };

  // While drawing, the page still shows what was before.
  place.look();
  const anchor = place.isPlaced && part.firstSeq !== shownFirst.current ? anchorOf(place.ref.current) : null;

  useLayoutEffect(() => {
    const element = place.ref.current;
    const stage = unread.isKnown ? 'fresh' : (place.isPlaced ?? 'early');
    const isNew = place.isPlaced !== stage && conversation.messages.length > 0;
    const line = (isNew || wantsLine.current) && element.querySelector('.row-unread');
    shownFirst.current = part.firstSeq;
    place.isDetached = part.isDetached;
    if (place.isDetached) place.isAtEnd = false;
    const wasScrolled = place.isPlaced !== null && !place.isAtEnd && !wantsLine.current; // by a person, who stays there
    if (isNew) place.isPlaced = stage;
    if ((isNew && !wasScrolled) || (line && wantsLine.current)) {
      wantsLine.current = false;
      place.moveTo(line ? offsetIn(line, element) - ABOVE_LINE_PX : element.scrollHeight);
      place.isAtEnd = atEnd(element) && !place.isDetached;
      if (isNew && line) seen.current = unread.seq - 1;
    } else if (place.isAtEnd) place.moveTo(element.scrollHeight);
    else if (anchor) place.moveTo(element.scrollTop + anchor.element.getBoundingClientRect().top - anchor.top);
    tell();
  });

  // Heights also change without us: a window, a phone's keyboard, a typing area that grows.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      place.look();
      const element = place.ref.current;
      if (element && place.isHeld) {
        place.isHeld = false;
        place.ours = element.scrollTop;
        place.isAtEnd = atEnd(element) && !place.isDetached;
        tell();
      } else if (element && place.isAtEnd) place.moveTo(element.scrollHeight);
    });
    observer.observe(place.ref.current);
    observer.observe(innerRef.current);
    return () => observer.disconnect();
  }, []);

  return {
    ref: place.ref,
    innerRef,
    isAtEnd: () => place.isAtEnd,
    away,
    newCount: away === null ? 0 : conversation.messages.filter((one) => one.seq > away && one.user_id !== me).length,
    toEnd: useCallback(() => {
      place.isAtEnd = true;
      setAway(null);
      if (place.ref.current) place.moveTo(place.ref.current.scrollHeight);
    }, []),
    /** With the next drawing that has it. */
    toLine: useCallback(() => {
      wantsLine.current = true;
    }, []),
    /** What is unfolded next grows downwards, also at the end: one wants to read on from where it was cut. */
    hold: () => {
      place.isHeld = true;
    },
    onScroll: () => {
      place.look();
      tell();
    },
  };
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
