// axe-core finds nothing (WCAG 2.2, A and AA) in any view; in the dark nothing about colours.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

import { texts } from '../../web/texts.js';
import { PASSWORD, newAddress } from '../web/support/people.mjs';
import { scene } from './support/scenes.mjs';
import { PHONE } from './support/seat.mjs';

const AXE = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const STANDARD = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

/** In the page. `isDark`: only what colours can change. */
async function look({ standard, isDark }) {
  const rules = window.axe.getRules(standard).filter((rule) => !isDark || rule.tags.includes('cat.color'));
  const { violations, passes } = await window.axe.run(document, {
    runOnly: { type: 'rule', values: rules.map((rule) => rule.ruleId) },
    resultTypes: ['violations'],
  });
  const say = (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary}`);
  return { wrong: violations.flatMap(say), passed: passes.length };
}

/** Light, then dark. */
async function clean(seat, view) {
  const { page } = seat;
  if (await page.evaluate(() => window.axe === undefined)) await page.evaluate(await AXE);
  for (const isDark of [false, true]) {
    await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light', reducedMotion: 'reduce' });
    const { wrong, passed } = await page.evaluate(look, { standard: STANDARD, isDark });
    assert.deepEqual(wrong, [], `${view}, ${isDark ? 'dark' : 'light'}`);
    assert.ok(passed > 0, `${view}: nothing was looked at`);
  }
}

scene('axe: before signing in', async (scene) => {
  const seat = await scene.seat('nobody');
  await seat.goto();
  await seat.heading(texts.sign.in).waitFor();
  await clean(seat, 'sign in');
  await seat.fillSignIn('nobody@example.org', 'wrong password');
  await seat.page.getByText(texts.sign.wrong).waitFor();
  await clean(seat, 'a wrong password');
  await seat.link(texts.sign.up).click();
  await seat.heading(texts.sign.up).waitFor();
  await clean(seat, 'sign up');
  await seat.button(texts.sign.doUp).click();
  await seat.page.getByText(texts.errors.required).first().waitFor();
  await clean(seat, 'errors');
  await seat.goto('#/mail');
  await seat.heading(texts.mail.title).waitFor();
  await clean(seat, 'mail');
});

scene('axe: the pages behind the link of a mail', async (scene, stack) => {
  const [seat, email] = [await scene.seat('nobody'), newAddress('Emmy')];
  await seat.goto('http/register/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  await clean(seat, 'a link that is of no use');
  await scene.client().register({ email, password: PASSWORD, first_name: 'Emmy', last_name: 'Noether' });
  await seat.page.goto(stack.url + (await stack.registrationLink(email)));
  await clean(seat, 'the button that confirms');
  await seat.page.getByRole('button').click();
  await seat.heading('Welcome, Emmy').waitFor();
  await clean(seat, 'confirmed');
});

scene('axe: rooms and the bot, pages and the search', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const line = await scene.proxy();
  const adas = await scene.seated(ada, { through: line });
  const room = client.conversation({ user_id: ada.user_id });
  for (const text of ['hello', 'see https://example.org', 'long '.repeat(600)]) room.send(text);
  await adas.unread(bob.name, 3).waitFor();
  await clean(adas, 'home, with unread');
  for (const page of ['people', 'groups', 'notifications', 'profile']) {
    await adas.goto(`#/${page}`);
    await adas.heading(texts[page].title).waitFor();
    await clean(adas, page);
  }
  await adas.page.getByLabel(texts.list.search).fill('Bob');
  await adas.item(bob.name).waitFor();
  await clean(adas, 'search');
  await adas.open(bob.name);
  await adas.write(bob.name, 'an answer');
  await adas.text(texts.conversation.unread).waitFor();
  await clean(adas, 'a room');
  line.goAway();
  await adas.page.getByText(texts.connection.offline).first().waitFor({ state: 'attached' });
  await adas.write(bob.name, 'not sent');
  await adas.page.getByText(texts.conversation.pendingOffline).waitFor();
  await clean(adas, 'offline');
  line.comeBack();
  await adas.sent();
  await adas.openBot();
  await clean(adas, 'the empty bot');
  await adas.button(texts.bot.examples[1]).click();
  await adas.rows.nth(1).waitFor();
  await clean(adas, 'the bot');
  await adas.goto('#/user/999999');
  await adas.heading(texts.conversation.notFound).waitFor();
  await clean(adas, 'not found');
});

scene('axe: groups and their dialogs', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.button(texts.list.newGroup).first().click();
  const creating = adas.dialog(texts.group.create);
  await clean(adas, 'create');
  await creating.getByLabel(texts.group.name, { exact: true }).fill(`Axes of ${ada.first}`);
  await adas.page.keyboard.press('Enter');
  const name = `Axes of ${ada.first}`;
  await adas.heading(name).waitFor();
  await bobs.open(name);
  await bobs.button(texts.group.join).waitFor();
  await clean(bobs, 'a guest of a group');
  await bobs.button(texts.group.join).click();
  await bobs.write(name, 'hello all');
  await adas.said('hello all').waitFor();
  await clean(adas, 'a group');
  await clean(bobs, 'a group of others');
  for (const [button, title] of [
    [texts.group.rename, texts.group.renameTitle],
    [texts.group.handOver, texts.group.handOverTitle],
    [texts.group.remove(bob.name), texts.group.removeTitle(bob.name)],
  ]) {
    await adas.button(button).click();
    await adas.dialog(title).waitFor();
    await clean(adas, title);
    await adas.page.keyboard.press('Escape');
    await adas.dialog(title).waitFor({ state: 'detached' });
  }
});

scene('axe: on a phone', async (scene) => {
  const [[, bobs], ada] = [(await scene.people('Bob'))[0], await scene.newcomer('Ada')];
  const name = `Pockets of ${ada.first}`;
  const group = await (await scene.signedIn(ada.email)).createGroup(name);
  const adas = await scene.seated(ada, { viewport: PHONE });
  await clean(adas, 'the list');
  await adas.goto(`#/group/${group.chat_group_id}`);
  await adas.composer(name).waitFor();
  await bobs.open(name);
  await bobs.button(texts.group.join).click();
  await bobs.write(name, 'hello');
  await adas.said('hello').waitFor();
  await clean(adas, 'a group');
  await adas.button(texts.group.showMembers).tap();
  await adas.dialog(texts.group.showMembers).getByText(texts.group.present).first().waitFor();
  await clean(adas, 'members');
});
