// targets.js: whom a conversation is with, in every form the protocol has for it, and which frames concern it. Pure;
// used by the other files here.

/** Frames that the application hears of, as events of the same name. */
export const NEWS = new Set([
  'user_update',
  'user_activity',
  'group_chat_update',
  'group_chat_activitity',
  'group_member_removed',
  'notification_update',
  'message_removed',
  'group_removed',
  'user_removed',
  'room_chat_message',
  'group_chat_message',
  'bot_chat_message',
  'error',
]);

/** "user-9", "group-21" or "bot". Throws a TypeError for what is none of the three: a mistake in the calling code. */
export function keyOf(target) {
  if (target?.bot === true) return 'bot';
  if (Number.isSafeInteger(target?.user_id)) return `user-${target.user_id}`;
  if (Number.isSafeInteger(target?.chat_group_id)) return `group-${target.chat_group_id}`;
  throw new TypeError('A target is { user_id }, { chat_group_id } or { bot: true }.');
}

/** The other way round; null for what is no key. */
export function targetOf(key) {
  const [kind, id] = String(key).split('-');
  if (kind === 'bot') return { bot: true };
  if (kind === 'user') return { user_id: Number(id) };
  return kind === 'group' ? { chat_group_id: Number(id) } : null;
}

/** The frame that sends a message. */
export function sendFrame(target, message, client_msg_id) {
  if (target.bot) return { chat_type: 'bot', message, client_msg_id };
  if (target.user_id) return { chat_type: 'room', other_user_id: target.user_id, message, client_msg_id };
  return { chat_type: 'group', chat_group_id: target.chat_group_id, message, client_msg_id };
}

/** What a frame with messages brings: for which conversation, and the messages; null: it brings none. */
export function messagesIn(frame, me) {
  switch (frame.type) {
    case 'room_chat_message': {
      const other = frame.user_id === me ? frame.other_user_id : frame.user_id;
      return { key: `user-${other}`, chat_room_id: frame.chat_room_id, messages: [plainMessage(frame, me)] };
    }
    case 'group_chat_message':
      return { key: `group-${frame.chat_group_id}`, messages: [plainMessage(frame, me)] };
    case 'bot_chat_message':
      return { key: 'bot', messages: frame.messages.map((message) => plainMessage(message, me)) };
    default:
      return null;
  }
}

/** A message as the contract has it, from a row of a page or from a frame. */
export function plainMessage(row, me) {
  const message = {
    seq: row.seq,
    user_id: row.user_id ?? (row.is_user ? me : 0),
    message: row.message,
    timestamp: row.timestamp,
  };
  if (row.error === true) message.error = true;
  return row.removed === true ? withoutText(message) : message;
}

/** What is left of a message that an administrator has removed: its place, its time and who wrote it. */
export const withoutText = (message) => ({ ...message, message: '', removed: true });
