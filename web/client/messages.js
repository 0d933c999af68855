// messages.js: a message of one's own before it is sent: its id, and whether the server could take it. Pure; used by
// outbox.js, and the limit by the page.

/** What a message may be long, in bytes of UTF-8 (docs/protocol.md, Limits). */
export const MESSAGE_BYTES = 16000;
const MOST_FRAME_BYTES = 65536;
const encoder = new TextEncoder();

/** A new client_msg_id. It need be unique among one person's messages, and is no secret. */
export function newMessageId() {
  const crypto = globalThis.crypto; // Node has it from 19 on; randomUUID only exists in pages of https and localhost
  if (crypto?.randomUUID) return crypto.randomUUID();
  const bytes = new Uint8Array(16);
  if (crypto?.getRandomValues) crypto.getRandomValues(bytes);
  else bytes.forEach((_, at) => (bytes[at] = Math.floor(Math.random() * 256)));
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${Date.now().toString(36)}-${digits}`;
}

/** Half of a surrogate pair is no character in UTF-8: it becomes U+FFFD. */
export function wellFormed(text) {
  return String(text).replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g, (found) =>
    found.length === 2 ? found : '\uFFFD',
  );
}

/** Why the server would refuse this; null: it would not. A frame that is too large would cost the connection. */
export function failureOf(message, frame) {
  const bytes = encoder.encode(message).length;
  if (bytes < 1 || bytes > MESSAGE_BYTES) {
    return { code: 'invalid_field', message: `message must be 1 to ${MESSAGE_BYTES} bytes long.` };
  }
  if (encoder.encode(JSON.stringify(frame)).length > MOST_FRAME_BYTES) {
    return { code: 'too_large', message: 'The message does not fit into one frame.' };
  }
  return null;
}
