// A conversation of 5,000 messages: all of them can be scrolled to, the view never jumps, and typing redraws none.
//
// How long things take is printed. Judged is only what a busy machine can't spoil: a few keys without a long task.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { settled } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

const COUNT = 5000;
const JUMP_PX = 2; // fractions of pixels, twice
const LONG_TASK_MS = 100;

/** In the page: goes up page by page to the beginning, or the first jump. How far the row in sight moved each time. */
async function scrollToBeginning({ beginning, jumpPx }) {
  const list = document.querySelector('.messages');
  const top = list.getBoundingClientRect().top;
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const firstSeq = () => Number(list.querySelector('[data-seq]').dataset.seq);
  const inSight = () => {
    const rows = [...document.querySelectorAll('[data-seq]')];
    return rows.find((row) => row.getBoundingClientRect().bottom > top);
  };
  const olderThan = (seq) =>
    new Promise((done) => {
      const look = () => firstSeq() < seq && (observer.disconnect(), done());
      const observer = new MutationObserver(look);
      observer.observe(list, { childList: true, subtree: true });
      look();
    });
  const moves = [];
  while (!list.textContent.includes(beginning) && !(moves.at(-1) > jumpPx)) {
    // Where the next page is asked for, and then on while it is on its way, as a hand at the wheel does.
    list.scrollTop = Math.min(list.scrollTop, 500);
    const seq = firstSeq();
    const row = inSight();
    const before = row.getBoundingClientRect().top;
    await olderThan(seq);
    const after = row.getBoundingClientRect().top;
    await frame();
    moves.push(Math.max(Math.abs(after - before), Math.abs(row.getBoundingClientRect().top - before)));
  }
  return moves;
}

/** In the page: counts what changes in the list of messages, and notes long tasks. */
function watchList() {
  window.changes = 0;
  window.longest = 0;
  new MutationObserver((records) => {
    window.changes += records.length;
  }).observe(document.querySelector('.messages'), {
    childList: true, subtree: true, attributes: true, characterData: true,
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
  }).observe({ type: 'longtask' });
}

function provokeLongTask() {
  setTimeout(() => {
    const end = performance.now() + 100;
    while (performance.now() < end);
  });
}

async function longRoom(scene) {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const room = client.conversation({ user_id: ada.user_id });
  await room.load();
  room.send('message 0');
  await settled(room, 1);
  const line = (n) => `message ${n}${n % 7 === 0 ? ' which is longer'.repeat(n % 40) : ''}`;
  await scene.history(room.chat_room_id, [bob.user_id, bob.user_id, ada.user_id], COUNT - 1, line);
  return { ada, bob, room };
}

scene('5,000 messages: all of them, none twice, no jump; typing redraws no row', async (scene) => {
  const { ada, bob, room } = await longRoom(scene);
  const adas = await scene.seated(ada);
  const { page } = adas;
  await adas.open(bob.name);
  await adas.rows.last().waitFor();
  // A drawing in the moment of leaving the end holds on to it: then again, as a hand would.
  await until(async () => {
    await page.evaluate(() => document.querySelector('.messages').scrollTo(0, 2000));
    return adas.button(texts.conversation.jumpLabel(0)).isVisible();
  }, 'the end is left');
  const began = Date.now();
  const moves = await page.evaluate(scrollToBeginning, {
    beginning: texts.conversation.beginning,
    jumpPx: JUMP_PX,
  });
  const most = Math.max(...moves);
  scene.note(`${moves.length} pages of older messages in ${Date.now() - began} ms; moved by ${most} px at most`);
  assert.ok(most <= JUMP_PX, `the view jumped: ${moves}`);
  assert.ok(moves.length >= COUNT / 100 - 2, `${moves.length} pages`);
  const seqs = await adas.rows.evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)));
  assert.deepEqual(seqs, Array.from({ length: COUNT }, (_, n) => n + 1));
  assert.deepEqual([(await adas.texts())[0], await adas.outgoingCount()], ['message 0', 0]);

  await page.evaluate(watchList);
  await page.evaluate(provokeLongTask);
  await page.waitForFunction(() => window.longest >= 80); // so the figures below mean something
  await page.evaluate(() => (window.longest = 0));
  const words = 'typing while five thousand messages are shown, and on and on '.match(/.{12}/g);
  const typed = [...words, ...words, ...words, ...words].join('');
  await adas.composer(bob.name).focus();
  const longest = [];
  for (let at = 0; at < typed.length; at += 12) {
    await page.evaluate(() => (window.longest = 0));
    await page.keyboard.type(typed.slice(at, at + 12));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
    longest.push(await page.evaluate(() => window.longest));
  }
  assert.equal(await adas.composer(bob.name).inputValue(), typed);
  scene.note(`typing ${typed.length} letters with ${COUNT} shown: longest of each 12: ${longest} ms (0: under 50)`);
  assert.equal(await page.evaluate(() => window.changes), 0, 'typing changed the list of messages');
  // A key that costs much costs it each time. A machine that does something else does not.
  assert.ok(Math.min(...longest) < LONG_TASK_MS, `long tasks at every key: ${longest} ms`);

  const scrolled = await page.evaluate(() => document.querySelector('.messages').scrollTop);
  room.send('news from Bob');
  await adas.button(texts.conversation.jumpLabel(1)).waitFor();
  assert.equal(await page.evaluate(() => document.querySelector('.messages').scrollTop), scrolled);
  const atOneMore = await page.evaluate(() => window.longest);
  scene.note(`one message more with ${COUNT} shown: longest task over 50 ms: ${atOneMore} ms`);
  await adas.button(texts.conversation.jumpLabel(1)).click();
  await adas.said('news from Bob').waitFor();
  await page.waitForFunction(() => {
    const list = document.querySelector('.messages');
    return list.scrollHeight - list.scrollTop - list.clientHeight < 2;
  });
  await adas.composer(bob.name).press('Enter');
  await adas.said(typed).or(adas.said(typed.trim())).waitFor();
}, 120000);
