// Who came and went in a group: neighbouring lines become one. Used by rows.js.
//
// Only lines that say who it was (`user_id`, `is_enter`) are folded; others stand as they are.

import { authorName } from '../state/list.js';
import { texts } from '../texts.js';

const isMovement = (row) => row.kind === 'activity' && row.user_id !== undefined && row.is_enter !== undefined;

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

/** What one person did last; "Ada Lovelace and 2 others left the group", or "came and went" if not all did the same. */
export function activityText(row, state) {
  if (!row.moves) return row.text;
  const entered = new Map(row.moves.map(({ user_id, is_enter }) => [user_id, is_enter])); // the last of each
  if (entered.size === 1) return row.moves.at(-1).text;
  const names = [...entered.keys()].map((id) => authorName(state, id));
  const [isEnter, another] = new Set(entered.values());
  const way = another !== undefined ? 'both' : isEnter ? 'entered' : 'left';
  return texts.group.moved[way](texts.names(names));
}
