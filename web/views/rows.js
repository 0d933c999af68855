// One row of a conversation, whatever its kind, and the blocks they come in.
//
// A block is drawn again only when its rows are another array, somebody in them is called something else (`names`), or
// the day is another (`today`). A full one tells the browser its measured height and that it need not be laid out while
// out of sight (content-visibility), which keeps thousands of messages cheap.

import { html, memo, useApp, useEffect, useLayoutEffect, useMemo, useRef, useState, useStore } from './html.js';
import { activityText, foldActivities } from './activities.js';
import { keepFocus, talkPlace } from './focus.js';
import { foldedWhole } from './fold.js';
import { Icon } from './icons.js';
import { Avatar } from './parts.js';
import { authorName } from '../state/list.js';
import { completeTime, dayName, timeOfDay } from '../state/time.js';
import { isEmojiOnly, linkParts } from '../state/text.js';
import { isJoined } from '../state/timeline.js';
import { errorText, texts } from '../texts.js';

export const Block = memo(({ rows, isFull, kind }) => {
  const { store } = useApp();
  const ref = useRef();
  useLayoutEffect(() => {
    if (!isFull || !ref.current) return;
    ref.current.style.containIntrinsicBlockSize = `auto ${ref.current.offsetHeight}px`;
    ref.current.classList.add('is-full');
  }, [rows, isFull]);
  return html`<ol class="block" ref=${ref}>${foldActivities(rows).map((row) => drawRow(row, store.state, kind))}</ol>`;
});

function drawRow(row, state, kind) {
  if (row.kind === 'day') return html`<li key=${row.key} class="row-day"><h2>${dayName(row.timestamp)}</h2></li>`;
  if (row.kind === 'unread')
    return html`<li key=${row.key} class="row-unread"><span>${texts.conversation.unread}</span></li>`;
  if (row.kind === 'activity')
    return html`<li key=${row.key} class="row-activity">${activityText(row, state)} <time
      dateTime=${row.timestamp}>${timeOfDay(row.timestamp)}</time></li>`;
  const { message } = row;
  return html`<${Message} key=${row.key} message=${message} mine=${row.mine} head=${row.head}
    author=${authorName(state, message.user_id)} kind=${kind} />`;
}

const Message = memo(
  ({ message, mine, head, author, kind }) => html`
  <li data-seq=${message.seq}
    class=${`row-message is-${mine ? 'mine' : 'other'} ${head ? 'is-head' : ''} ${message.error ? 'is-apology' : ''}`}>
    ${!mine && head && html`<${Avatar} kind=${message.user_id === 0 ? 'bot' : 'user'} id=${message.user_id}
      name=${author} size="s" />`}
    ${
      head
        ? html`<p class="meta"><span class=${mine || kind === 'user' ? 'hidden' : 'author'}
          dir="auto">${mine ? texts.you : author} </span><time dateTime=${message.timestamp}
          title=${completeTime(message.timestamp)}>${timeOfDay(message.timestamp)}</time>
          ${mine && html`<span class="state"><${Icon} name="check" /><span
            class="hidden">${texts.conversation.sent}</span></span>`}</p>`
        : html`<span
          class="hidden">${texts.before(
            mine
              ? texts.conversation.sentByMe(timeOfDay(message.timestamp))
              : texts.conversation.sentBy(author, timeOfDay(message.timestamp)),
          )}</span>`
    }
    <div class=${`bubble ${message.removed ? 'is-removed' : ''}`}>
      ${message.error && html`<p class="apology"><${Icon} name="alert" />${texts.conversation.apology}</p>`}
      ${message.removed ? html`<p class="text">${texts.conversation.removed}</p>` : html`<${Text}
        text=${message.message} />`}
    </div>
  </li>`,
);

/** Text with its line breaks, links that open elsewhere, and long ones folded. Never markup. */
const Text = memo(({ text }) => {
  const [isAll, setAll] = useState(false);
  const head = useMemo(() => foldedWhole(text), [text]);
  const shown = head === null || isAll ? text : `${head} …`;
  return html`
    <p class=${`text ${isEmojiOnly(text) ? 'is-emoji' : ''}`} dir="auto">${linkParts(shown).map((part, i) =>
      part.href
        ? html`<a key=${i} href=${part.href} target="_blank" rel="noopener noreferrer">${part.text}</a>`
        : part.text,
    )}</p>
    ${head !== null && html`<button type="button" class="text-button fold" aria-expanded=${isAll}
      onClick=${() => setAll(!isAll)}>${isAll ? texts.conversation.showLess : texts.conversation.showAll}</button>`}`;
});

/** What is not acknowledged: on its way, or refused. `before`: the message above, if one stands right above. */
export function Outgoing({ conversation, outgoing, before, me }) {
  const shapes = outgoing.map(({ created_at }, n) => {
    const above = n > 0 ? { user_id: me, timestamp: outgoing[n - 1].created_at } : before;
    return above === undefined || !isJoined(above, { user_id: me, timestamp: created_at });
  });
  return html`
    <ol class="block outgoing">${outgoing.map(
      (item, n) => html`<${OnItsWay} key=${item.client_msg_id} conversation=${conversation} item=${item}
        head=${shapes[n]} />`,
    )}</ol>`;
}

const LATE_MS = 1500; // who reads "Sending …" at each message only sees the lines jump

/** As high as it will be when it is stored, so that nothing moves then; but for what takes long, or is refused. */
function OnItsWay({ conversation, item, head }) {
  const isOnline = useStore((state) => state.connection === 'online');
  const [isLate, setLate] = useState(Date.now() - Date.parse(item.created_at) > LATE_MS);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, []);
  const isPending = item.state === 'pending';
  const note = isOnline ? texts.conversation.pending : texts.conversation.pendingOffline;
  const isTold = isPending && (isLate || !isOnline);
  return html`
    <li class=${`row-message is-mine ${head ? 'is-head' : ''} is-${item.state}`}>
      ${head && html`<p class="meta"><time dateTime=${item.created_at}>${timeOfDay(item.created_at)}</time>${
        isPending && html`<span class="state"><${Icon} name="clock" /></span>`}</p>`}
      <div class="bubble"><span class="hidden">${texts.before(texts.you)}</span><${Text} text=${item.message} />${
        isPending && !isTold && html`<span class="hidden">${texts.aside(note)}</span>`
      }</div>
      ${isTold && html`<p class="meta below">${!head && html`<span class="state"><${Icon} name="clock" /></span>`}
        ${note}</p>`}
      ${!isPending && html`<${FailedNote} conversation=${conversation} item=${item} />`}
    </li>`;
}

const FailedNote = ({ conversation, item }) => html`
  <p class="meta below is-failed" role="alert"><span class="state"><${Icon} name="alert" />
    </span>${texts.conversation.failedToSend} ${item.error ? errorText(item.error) : ''}
    <button type="button" class="text-button" onClick=${() => {
      conversation.retry(item.client_msg_id);
      keepFocus('.is-failed button', talkPlace());
    }}>${texts.conversation.retry}</button>
    <button type="button" class="text-button" onClick=${() => {
      conversation.discard(item.client_msg_id);
      keepFocus('.is-failed button', talkPlace());
    }}>${texts.conversation.discard}</button>
  </p>`;

const SLOW_MS = 8000;
const GIVEN_UP_MS = 45000; // the server answers, or apologizes, within 20 s

/**
 * The bot owes an answer. Counted on the clock of here from when the question was seen, as the server's may go
 * differently; only one that was found when loading (not `isFresh` yet) is as old as its time says.
 */
export function Thinking({ since, isFresh }) {
  const [now, setNow] = useState(Date.now());
  const wasFresh = useRef(false);
  const counted = useRef({ since: null, from: 0 });
  if (counted.current.since !== since) {
    const age = since === null || wasFresh.current ? 0 : Math.max(0, Date.now() - Date.parse(since));
    counted.current = { since, from: Date.now() - age };
  }
  wasFresh.current = isFresh;
  useEffect(() => {
    if (since === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [since]);
  const age = since === null ? Infinity : Math.max(0, now - counted.current.from);
  const isShown = age < GIVEN_UP_MS;
  return html`
    <div class="thinking" role="status">
      ${
        isShown &&
        html`<${Avatar} kind="bot" id=${0} name="" size="s" /><div class="bubble">
          <span class="dots" aria-hidden="true"><i /><i /><i /></span>
        <span class=${age < SLOW_MS ? 'hidden' : ''}>${age < SLOW_MS ? texts.bot.thinking : texts.bot.slow}</span>
          </div>`
      }
    </div>`;
}
