// Small questions about texts: links in them, how long they are, what stands in an avatar. Pure; used by the views.

import { MESSAGE_BYTES } from '../client/messages.js';

const LINK = /\bhttps?:\/\/[^\s<>"'`\\^{}|\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202f\u2066-\u2069]+/giu;

/**
 * The text in parts, in order: { text } or { text, href }. Joined, the parts' texts are the message. Only http and
 * https ever become links, and only when the URL parser agrees. Not with a name or a password in it: what stands before
 * the @ is there to be taken for the host.
 */
export function linkParts(message) {
  const parts = [];
  let end = 0;
  for (const match of message.matchAll(LINK)) {
    const text = withoutTail(match[0]);
    const href = safeHref(text);
    if (href === null) continue;
    if (match.index > end) parts.push({ text: message.slice(end, match.index) });
    parts.push({ text, href });
    end = match.index + text.length;
  }
  if (end < message.length) parts.push({ text: message.slice(end) });
  return parts;
}

// The full stop behind an address, and a closing bracket that the address did not open, belong to the sentence.
function withoutTail(url) {
  const surplus = { ')': countOf(url, ')') - countOf(url, '('), ']': countOf(url, ']') - countOf(url, '[') };
  let end = url.length;
  for (; end > 0; end -= 1) {
    const last = url[end - 1];
    const isTail = last in surplus ? surplus[last] > 0 : /[.,;:!?*_~…]/.test(last);
    if (!isTail) break;
    if (last in surplus) surplus[last] -= 1;
  }
  return url.slice(0, end);
}

const countOf = (text, character) => text.split(character).length - 1;

function safeHref(text) {
  try {
    const url = new URL(text);
    const isWeb = (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
    return isWeb && url.username === '' && url.password === '' ? url.href : null;
  } catch {
    return null;
  }
}

const encoder = new TextEncoder();
export function byteLength(text) {
  // Most texts are far from any limit: no need to encode them at each key.
  return text.length * 3 < MESSAGE_BYTES ? text.length : encoder.encode(text).length;
}

const FOLD_LINES = 18;
const FOLD_CHARACTERS = 1400;

/** The beginning of a long message, cut at a line or a word and never inside a character; null: it is short. */
export function folded(message) {
  const lines = message.split('\n', FOLD_LINES + 1);
  let head = lines.length > FOLD_LINES ? lines.slice(0, FOLD_LINES).join('\n') : message;
  if (head.length > FOLD_CHARACTERS) {
    head = head.slice(0, FOLD_CHARACTERS);
    const word = head.lastIndexOf(' ');
    if (word > FOLD_CHARACTERS * 0.8) head = head.slice(0, word);
    head = head.replace(/[\ud800-\udbff]$/, '');
  }
  // Not for the sake of two lines.
  return message.length - head.length < 160 && message.split('\n').length < FOLD_LINES + 5 ? null : head;
}

/** One to three emoji and nothing else are shown large. */
export const isEmojiOnly = (message) =>
  message.length <= 40 &&
  /^(?:\p{Extended_Pictographic}(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s*){1,3}$/u.test(
    message,
  );

const letters = (name) => [...name.matchAll(/[\p{L}\p{N}]/gu)].map((match) => match[0]);

/** "Ada Lovelace" -> "AL"; "Engines" -> "En". */
export function initials(name) {
  const words = name
    .split(/[\s-]+/)
    .map(letters)
    .filter((word) => word.length > 0);
  if (words.length === 0) return '?';
  const pair = words.length > 1 ? words[0][0] + words[words.length - 1][0] : words[0].slice(0, 2).join('');
  return words.length > 1 ? pair.toLocaleUpperCase() : pair[0].toLocaleUpperCase() + pair.slice(1);
}

export const COLOURS = 10;
/** Which of the calm colours of styles/base.css; neighbours in the list of ids differ. */
export const colourOf = (id) => (id * 7) % COLOURS;

export const fullName = (user) => `${user.first_name} ${user.last_name}`;

/** For searching: no case, no accents. */
export const folding = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
