// Small ways through the page: back to the list, where the focus stays, what is kept of what one typed.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';
import { PHONE } from './support/seat.mjs';

const address = (seat) => seat.page.evaluate(() => location.hash);
const focused = (seat) => seat.page.evaluate(() => document.activeElement.tagName);

scene('a phone: the way back is no circle', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const adas = await scene.seated(ada, { viewport: PHONE });
  await adas.open(bob.name);
  const entries = await adas.page.evaluate(() => history.length);
  await adas.link(texts.back).tap();
  await adas.item(texts.bot.name).waitFor();
  await adas.item(texts.bot.name).tap();
  await adas.composer(texts.bot.name).waitFor();
  assert.equal(await adas.page.evaluate(() => history.length), entries, 'back was back, and not one step more');
  await adas.page.goBack();
  await until(async () => ['', '#/'].includes(await address(adas)), 'the list');
  // Opened by a link, there is no list before it: then the list comes in its place.
  await adas.goto(`#/user/${bob.user_id}`);
  await adas.page.reload();
  await adas.heading(bob.name).waitFor();
  const before = await adas.page.evaluate(() => history.length);
  await adas.link(texts.back).tap();
  await until(async () => (await address(adas)) === '#/', 'the list');
  assert.equal(await adas.page.evaluate(() => history.length), before);
});

scene('saving a name leaves the focus; a name from elsewhere leaves what is being typed', async (scene) => {
  const ada = await scene.newcomer('Ada');
  const adas = await scene.seated(ada);
  const elsewhere = await scene.signedIn(ada.email);
  await adas.goto('#/profile');
  const [first, last] = [adas.field(texts.sign.firstName), adas.field(texts.sign.lastName)];
  await last.fill('King');
  await last.press('Enter');
  await adas.sidebar.getByText(`${ada.first} King`).waitFor();
  await adas.text(texts.profile.saved).waitFor();
  assert.equal(await last.evaluate((one) => one === document.activeElement), true);
  await elsewhere.changeProfile({ last_name: 'Byron' });
  await until(async () => (await last.inputValue()) === 'Byron', 'the name from elsewhere');
  await last.press('End');
  await last.pressSequentially(' and more');
  await elsewhere.changeProfile({ first_name: 'Augusta', last_name: 'Noel' });
  await until(async () => (await first.inputValue()) === 'Augusta', 'the next name from elsewhere');
  assert.equal(await last.inputValue(), 'Byron and more');
  assert.equal(await last.evaluate((one) => one === document.activeElement), true);
});

scene('what is said twice is read twice', async (scene) => {
  const adas = await scene.seated(await scene.newcomer('Ada'));
  await adas.goto('#/profile');
  await adas.page.evaluate(() => {
    window.said = 0;
    new MutationObserver((records) => {
      for (const { addedNodes } of records) window.said += addedNodes.length;
    }).observe(document.querySelector('.toasts[role=status]'), { childList: true });
  });
  for (const times of [1, 2]) {
    await adas.field(texts.sign.lastName).press('Enter');
    await adas.page.waitForFunction((n) => window.said === n, times);
  }
});

scene('a session that ended: the reason and the draft outlive a reload; signing out forgets', async (scene, stack) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  await adas.composer(bob.name).fill('half a thought');
  await stack.sql(`DELETE FROM sessions WHERE user_id = ${ada.user_id}`);
  await adas.page.reload();
  await adas.text(texts.sign.ended).waitFor();
  await adas.page.reload();
  await adas.text(texts.sign.ended).waitFor();
  await adas.fillSignIn(ada.email);
  await adas.online();
  await adas.open(bob.name);
  assert.equal(await adas.composer(bob.name).inputValue(), 'half a thought');
  await adas.goto('#/profile');
  await adas.button(texts.sign.out).click();
  await adas.heading(texts.sign.in).waitFor();
  assert.equal(await adas.page.getByText(texts.sign.ended).count(), 0);
  const kept = await adas.page.evaluate(() => Object.keys(sessionStorage));
  assert.deepEqual(kept.filter((name) => /draft|ended/.test(name)), []);
});

scene('the drawer of members does not come back by itself', async (scene) => {
  const ada = await scene.newcomer('Ada');
  const client = await scene.signedIn(ada.email);
  const group = await client.createGroup(`Engines of ${ada.first}`);
  const adas = await scene.seated(ada, { viewport: { width: 900, height: 700 } });
  await adas.open(group.name);
  await adas.button(texts.group.showMembers).click();
  const drawer = adas.page.locator('dialog[open]');
  await drawer.waitFor();
  await adas.page.setViewportSize({ width: 1300, height: 700 });
  await adas.page.locator('.with-panel').waitFor();
  await adas.page.setViewportSize({ width: 900, height: 700 });
  await adas.button(texts.group.showMembers).waitFor();
  assert.equal(await drawer.count(), 0);
});

scene('what one opens among the unread stays in sight until one opens another', async (scene) => {
  const [ada, bob, eve] = [await scene.newcomer('Ada'), await scene.newcomer('Bob'), await scene.newcomer('Eve')];
  for (const { email } of [bob, eve]) {
    const client = await scene.signedIn(email);
    client.conversation({ user_id: ada.user_id }).send('hello');
    await until(() => client.unsent.size === 0, 'sent');
  }
  const adas = await scene.seated(ada);
  await adas.button(texts.list.filters.unread).click();
  await adas.unread(eve.name, 1).waitFor();
  const names = () => adas.page.locator('.list .item-name').allTextContents();
  assert.deepEqual(await names(), [eve.name, bob.name]);
  await adas.item(eve.name).click();
  await adas.said('hello').waitFor();
  await until(async () => (await adas.unread(eve.name, 1).count()) === 0, 'read');
  assert.deepEqual(await names(), [eve.name, bob.name]);
  await adas.composer(eve.name).press('Escape');
  await adas.hasFocus(adas.item(eve.name));
  await adas.item(bob.name).click();
  await until(async () => (await adas.unread(bob.name, 1).count()) === 0, 'read');
  assert.deepEqual(await names(), [bob.name]);
  await adas.goHome();
  await until(async () => (await names()).length === 0, 'nothing unread');
});

scene('the search leads also to what is open already, and Escape back from it', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  const search = adas.page.getByLabel(texts.list.search);
  await search.fill(bob.name);
  await adas.item(bob.name).waitFor();
  await search.press('Enter');
  await adas.hasFocus(adas.composer(bob.name));
  assert.equal(await search.inputValue(), '');
  await search.fill(bob.name);
  await adas.item(bob.name).click();
  await adas.hasFocus(adas.composer(bob.name));
  await search.focus();
  await search.press('Escape');
  await adas.hasFocus(adas.composer(bob.name));
});

scene('after a reload each entry of the list says who wrote last', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await adas.write(bob.name, 'hello');
  await adas.sent();
  await bobs.unread(ada.name, 1).waitFor();
  for (const [seat, name, line] of [
    [adas, bob.name, texts.list.lastByYou],
    [bobs, ada.name, texts.list.lastBy(ada.first)],
  ]) {
    await seat.goto('#/');
    await seat.page.reload();
    await seat.item(name).getByText(line, { exact: true }).waitFor();
  }
});
