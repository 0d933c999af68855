// Reading: where the unread begin, what counts as read, and that nothing moves under one's eyes.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

/** The number of the message below the line, and whether the line is in sight. */
const lineIn = (page) =>
  page.evaluate(() => {
    const line = document.querySelector('.row-unread');
    if (!line) return null;
    const [box, list] = [line.getBoundingClientRect(), document.querySelector('.messages').getBoundingClientRect()];
    return [Number(line.nextElementSibling.dataset.seq), box.top >= list.top && box.bottom <= list.bottom];
  });

const topOf = (locator) => locator.evaluate((one) => one.getBoundingClientRect().top);

async function say(client, target, count, text = (n) => `line ${n}`) {
  const talk = client.conversation(target);
  for (let n = 1; n <= count; n += 1) talk.send(text(n));
  await until(() => client.unsent.size === 0, 'sent');
}

scene('a group that is opened again: the line stands above what is new, and one begins there', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const [adasOwn, bobs] = [await scene.signedIn(ada.email), await scene.signedIn(bob.email)];
  const group = await bobs.createGroup(`Engines of ${bob.first}`);
  const { chat_group_id } = group;
  await bobs.enter(chat_group_id);
  await adasOwn.enter(chat_group_id);
  await adasOwn.leave(chat_group_id);
  await say(bobs, { chat_group_id }, 20);
  const adas = await scene.seated(ada);
  await adas.open(group.name);
  await adas.rows.nth(19).waitFor();
  await until(async () => (await adas.unread(group.name, 20).count()) === 0, 'read');
  let last = 20;
  for (const count of [5, 30]) {
    await adas.goHome();
    await say(bobs, { chat_group_id }, count);
    await adas.unread(group.name, count).waitFor();
    await adas.item(group.name).click();
    await until(async () => (await lineIn(adas.page)) !== null, 'the line');
    assert.deepEqual(await lineIn(adas.page), [last + 1, true], `${count} new ones`);
    if (count === 30) await adas.button(texts.conversation.jumpLabel(30)).waitFor();
    last += count;
    await adas.composer(group.name).press('Escape'); // down to the end
    await until(async () => (await adas.unread(group.name, count).count()) === 0, 'read');
  }
});

scene('what comes while one looks is read as it comes: no badge, no number in the title', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const bobs = await scene.signedIn(bob.email);
  await say(bobs, { user_id: ada.user_id }, 1);
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  await adas.said('line 1').waitFor();
  await until(async () => (await adas.page.title()).startsWith(bob.name), 'nothing unread');
  await adas.page.evaluate(() => {
    window.flashes = [];
    new MutationObserver(() => {
      const badge = document.querySelector('.list .badge');
      if (badge) window.flashes.push(badge.textContent);
      if (document.title.startsWith('(')) window.flashes.push(document.title);
    }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
  });
  for (let n = 0; n < 3; n += 1) {
    await say(bobs, { user_id: ada.user_id }, 1, () => `news ${n}`);
    await adas.said(`news ${n}`).waitFor();
  }
  assert.deepEqual(await adas.page.evaluate(() => window.flashes), []);
  await adas.goHome();
  await say(bobs, { user_id: ada.user_id }, 2);
  await adas.unread(bob.name, 2).waitFor();
});

scene('what I write on another device is no news to me', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const elsewhere = await scene.signedIn(ada.email);
  await say(elsewhere, { user_id: bob.user_id }, 40);
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  await adas.said('line 40').waitFor();
  await until(async () => {
    await adas.page.evaluate(() => document.querySelector('.messages').scrollTo(0, 0));
    return adas.button(texts.conversation.jumpLabel(0)).isVisible();
  }, 'the end is left');
  await say(elsewhere, { user_id: bob.user_id }, 1, () => 'from elsewhere');
  await adas.said('from elsewhere').waitFor({ state: 'attached' });
  assert.equal(await adas.button(texts.conversation.jumpLabel(0)).isVisible(), true);
});

scene('sending moves what is above once, and not back again', async (scene) => {
  const [line, ada, bob] = [await scene.proxy(), await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const bobs = await scene.signedIn(bob.email);
  await say(bobs, { user_id: ada.user_id }, 30);
  const adas = await scene.seated(ada, { through: line });
  await adas.open(bob.name);
  const row = adas.said('line 30');
  await row.waitFor();
  for (const text of ['one with a head', 'one that is joined', 'and another']) {
    await adas.page.evaluate(() => {
      window.topWhenSent = null;
      const observer = new MutationObserver(() => {
        if (!document.querySelector('.outgoing .text')) return;
        observer.disconnect();
        const place = [...document.querySelectorAll('[data-seq]')].find((one) => one.textContent.includes('line 30'));
        window.topWhenSent = place.getBoundingClientRect().top;
      });
      observer.observe(document.querySelector('.messages-inner'), { childList: true, subtree: true });
    });
    line.holdBack();
    await adas.write(bob.name, text);
    await adas.page.waitForFunction(() => window.topWhenSent !== null);
    line.letGo();
    await adas.said(text).waitFor();
    const before = await adas.page.evaluate(() => window.topWhenSent);
    assert.ok(Math.abs((await topOf(row)) - before) < 1, `${text}: ${before}, then ${await topOf(row)}`);
  }
  assert.equal(await adas.rows.last().getByText(', sent').count(), 1);
});

scene('unfolding the last message leaves its beginning where it is', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const bobs = await scene.signedIn(bob.email);
  const long = Array.from({ length: 90 }, (_, n) => `verse ${n}`).join('\n');
  await say(bobs, { user_id: ada.user_id }, 11, (n) => (n === 11 ? long : `line ${n}`));
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  const last = adas.rows.last();
  await adas.button(texts.conversation.showAll).waitFor();
  await adas.composer(bob.name).press('Escape'); // down to the end
  await adas.page.locator('.jump').waitFor({ state: 'detached' });
  const before = await topOf(last);
  await adas.button(texts.conversation.showAll).click();
  await adas.button(texts.conversation.showLess).waitFor();
  await adas.button(texts.conversation.jumpLabel(0)).waitFor();
  assert.ok(Math.abs((await topOf(last)) - before) < 1, `${before}, then ${await topOf(last)}`);
});

scene('who is removed while typing hears of it, and the focus goes to joining; the draft is kept', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const bobs = await scene.signedIn(bob.email);
  const group = await bobs.createGroup(`Looms of ${bob.first}`);
  const own = await scene.signedIn(ada.email);
  await own.enter(group.chat_group_id);
  const adas = await scene.seated(ada);
  await adas.open(group.name);
  await adas.composer(group.name).fill('half a thought');
  await bobs.removeMember(group.chat_group_id, ada.user_id);
  await adas.page.getByRole('status').getByText(texts.group.youAreOut).waitFor({ state: 'attached' });
  await adas.hasFocus(adas.button(texts.group.join));
  await adas.button(texts.group.join).click();
  await adas.composer(group.name).waitFor();
  assert.equal(await adas.composer(group.name).inputValue(), 'half a thought');
});
