// Where a long text is folded: never inside an address, which would then lead elsewhere. Used by rows.js.

import { folded, linkParts } from '../state/text.js';

/** The beginning of a long text; null: it is short. An address at the cut is left out, or kept if it is most of it. */
export function foldedWhole(text) {
  const head = folded(text);
  if (head === null) return null;
  let at = 0;
  for (const part of linkParts(text)) {
    const end = at + part.text.length;
    const isCut = part.href && at < head.length && head.length < end;
    if (isCut) return at > head.length / 2 ? text.slice(0, at).trimEnd() : endOf(text, end);
    if (end >= head.length) return head;
    at = end;
  }
  return head;
}

/** Nothing is left to fold behind an address as long as the text. */
const endOf = (text, end) => (end < text.length ? text.slice(0, end) : null);
