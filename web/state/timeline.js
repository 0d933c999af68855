// What stands in a conversation from top to bottom: day marks, the line above the unread, messages, activity lines.
// Pure; used by views/messages.js.
//
// Rows come in blocks of up to 100 messages. A block whose content is as before is the same object as before, so the
// page compares fifty blocks, and not five thousand rows, when a message arrives.

import { dayKey, minuteOf } from './time.js';

const BLOCK = 100;
export const blockOf = (seq) => Math.floor((seq - 1) / BLOCK);

/**
 * input: { messages (by seq), me, firstUnreadSeq (0: none), activities: as in the state }.
 * Returns [{ key, rows, … }]; a row is { kind: 'day' | 'unread' | 'message' | 'activity', key, … }.
 */
export function buildBlocks(previous, input) {
  const chunks = splitMessages(input.messages);
  if (chunks.length === 0) chunks.push({ number: 0, messages: [] });
  const activities = assignActivities(chunks, input.activities);
  const known = new Map(previous.map((block) => [block.key, block]));
  return chunks.map((chunk, i) => {
    const before = i > 0 ? chunks[i - 1].messages.at(-1) : undefined;
    const wanted = {
      ...chunk,
      key: chunk.number,
      before,
      me: input.me,
      activities: activities[i],
      unreadSeq: seqIn(chunk, input.firstUnreadSeq),
    };
    const same = known.get(wanted.key);
    return same && isSame(same, wanted) ? same : { ...wanted, rows: rowsOf(wanted) };
  });
}

function splitMessages(messages) {
  const chunks = [];
  for (const message of messages) {
    const number = blockOf(message.seq);
    if (chunks.at(-1)?.number !== number) chunks.push({ number, messages: [] });
    chunks.at(-1).messages.push(message);
  }
  return chunks;
}

/** Each activity stands in the chunk of the message that it came after. */
function assignActivities(chunks, activities) {
  const lists = chunks.map(() => []);
  for (const activity of activities) {
    let i = chunks.length - 1;
    while (i > 0 && (chunks[i].messages[0]?.seq ?? 0) > activity.afterSeq) i -= 1;
    lists[i].push(activity);
  }
  return lists;
}

const seqIn = (chunk, seq) => (chunk.messages.some((message) => message.seq === seq) ? seq : 0);

function isSame(a, b) {
  return (
    isSameList(a.messages, b.messages) &&
    a.before === b.before &&
    a.me === b.me &&
    a.unreadSeq === b.unreadSeq &&
    isSameList(a.activities, b.activities)
  );
}

const isSameList = (a, b) => a.length === b.length && a.every((one, i) => one === b[i]);

function rowsOf({ messages, before, me, unreadSeq, activities }) {
  const rows = [];
  let previous = before;
  let joinable = before; // the message that the next one may stand under without a head of its own
  let shown = 0;
  const addActivities = (upToSeq) => {
    for (; shown < activities.length && activities[shown].afterSeq < upToSeq; shown += 1) {
      rows.push({ kind: 'activity', key: `a${activities[shown].id}`, ...activities[shown] });
      joinable = undefined;
    }
  };
  for (const message of messages) {
    addActivities(message.seq);
    if (!previous || dayKey(previous.timestamp) !== dayKey(message.timestamp)) {
      rows.push({ kind: 'day', key: `d${message.seq}`, timestamp: message.timestamp });
      joinable = undefined;
    }
    if (message.seq === unreadSeq) {
      rows.push({ kind: 'unread', key: 'unread' });
      joinable = undefined;
    }
    const head = !joinable || !isJoined(joinable, message);
    rows.push({ kind: 'message', key: message.seq, message, mine: message.user_id === me, head });
    previous = message;
    joinable = message;
  }
  addActivities(Infinity);
  return rows;
}

/** Whether b stands under a without a head of its own. */
export const isJoined = (a, b) =>
  a.user_id === b.user_id && minuteOf(a.timestamp) === minuteOf(b.timestamp) && !a.error && !b.error;

/**
 * The first of `unread` messages by others, counted back from `lastSeq`; 0: there is none. What is not loaded is all by
 * others, as sending moves one's own mark. Later arrivals don't move it.
 */
export function firstUnreadSeq(messages, unread, lastSeq, me) {
  let left = unread;
  for (let i = messages.length - 1; i >= 0 && left > 0; i -= 1) {
    if (messages[i].seq > lastSeq || messages[i].user_id === me) continue;
    left -= 1;
    if (left === 0) return messages[i].seq;
  }
  return left > 0 && messages[0]?.seq > 1 ? Math.max(1, messages[0].seq - left) : 0;
}

/** Since about when the bot owes an answer, or null: it has given as many as it was asked, among the newest. */
export function waitingSince(messages, outgoing) {
  const pending = outgoing.find((message) => message.state === 'pending');
  let answers = 0;
  let since = pending ? pending.created_at : null;
  for (let i = messages.length - 1; i >= 0 && i >= messages.length - 12; i -= 1) {
    if (messages[i].user_id === 0) answers += 1;
    else if (answers > 0) answers -= 1;
    else since = messages[i].timestamp;
  }
  return since;
}
