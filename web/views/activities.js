// Who came and went in a group: neighbouring lines become one. Used by rows.js.
//
// Only coming and going (`is_enter`) is folded; others stand as they are.

import { authorName } from '../state/list.js';
import { texts } from '../texts.js';

const isMovement = (row) => row.kind === 'activity' && row.is_enter !== undefined;

/** The rows, with runs of neighbouring movements as one row each, which has them as `moves`. */
export function foldActivities(rows) {
  const folded = [];
  for (const row of rows) {
    const last = folded.at(-1);
    if (last && isMovement(row) && isMovement(last))
      folded[folded.length - 1] = { ...last, timestamp: row.timestamp, moves: [...(last.moves ?? [last]), row] };
    else folded.push(row);
  }
  return folded;
}

/** What each did last: "Ada Lovelace and 2 others left the group". Everybody by the name that they have now. */
export function activityText(row, state) {
  if (!isMovement(row)) {
    return row.user_id === state.userId ? texts.group.youAreOut : texts.group.isOut(authorName(state, row.user_id));
  }
  const isIn = new Map((row.moves ?? [row]).map(({ user_id, is_enter }) => [user_id, is_enter]));
  const { moved } = texts.group;
  const who = (wanted) => texts.names([...isIn.keys()].filter((id) => isIn.get(id) === wanted).map(nameIn(state)));
  const here = new Set(isIn.values());
  if (here.size === 2) return moved.both(who(true), who(false));
  return here.has(true) ? moved.entered(who(true)) : moved.left(who(false));
}

const nameIn = (state) => (id) => authorName(state, id);
