// On a phone of 360 × 740: every view fits without scrolling sideways, everything can be hit with a thumb, and one
// finds the way from the list to a conversation and back.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { scene } from './support/scenes.mjs';
import { PHONE } from './support/seat.mjs';

const LEAST_PX = 24; // WCAG 2.2, 2.5.8

/** In the page: what is wrong with the view, as sentences. */
function misfits(leastPx) {
  const wide = document.scrollingElement.scrollWidth;
  const wrong = wide > innerWidth ? [`the page is ${wide} px wide`] : [];
  const inFront = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
  for (const element of inFront.querySelectorAll('a[href], button, input, select, textarea')) {
    const box = element.getBoundingClientRect();
    const isThere = element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }) && box.width > 1;
    if (!isThere || element.matches('.skip, .hidden')) continue;
    const name = `${element.tagName} "${(element.ariaLabel ?? element.innerText ?? element.name).slice(0, 30)}"`;
    const target = element.labels?.[0]?.contains(element) ? element.labels[0].getBoundingClientRect() : box;
    const isInSentence = getComputedStyle(element).display === 'inline' && element.closest('p');
    if (!isInSentence && Math.min(target.width, target.height) < leastPx)
      wrong.push(`${name} is ${target.width} × ${target.height} px`);
    if (box.left < -0.5 || box.right > innerWidth + 0.5) wrong.push(`${name} is from ${box.left} to ${box.right} px`);
  }
  return wrong;
}

async function fits(seat, view) {
  assert.deepEqual(await seat.page.evaluate(misfits, LEAST_PX), [], view);
}

scene('a phone: every view is usable', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const group = await client.createGroup(`A group with quite a long name, as people will give them, by ${bob.first}`);
  await client.enter(group.chat_group_id);
  const room = client.conversation({ user_id: ada.user_id });
  const address = `https://example.org/${'averylongaddress'.repeat(12)}`;
  for (const text of ['hello', address, 'w'.repeat(300)]) room.send(text);
  const adas = await scene.seat(ada.name, { viewport: PHONE });
  await adas.goto();
  await adas.heading(texts.sign.in).waitFor();
  await fits(adas, 'sign in');
  await adas.link(texts.sign.up).tap();
  await adas.heading(texts.sign.up).waitFor();
  await adas.button(texts.sign.doUp).tap();
  await fits(adas, 'sign up');
  await adas.goto('#/mail');
  await adas.heading(texts.mail.title).waitFor();
  await fits(adas, 'mail');
  await adas.goto('#/signin');
  await adas.fillSignIn(ada.email);
  await adas.online();
  await adas.unread(bob.name, 3).waitFor();
  await fits(adas, 'the list');
  await adas.page.getByLabel(texts.list.search).fill(bob.first);
  await adas.item(bob.name).waitFor();
  await fits(adas, 'the search');
  await adas.item(bob.name).tap();
  await adas.said('hello').waitFor();
  await fits(adas, 'a room');
  assert.equal(await adas.sidebar.isVisible(), false, 'one thing at a time');
  for (const [page, title] of [
    ['people', texts.people.title],
    ['groups', texts.groups.title],
    ['notifications', texts.notifications.title],
    ['profile', texts.profile.title],
    [`group/${group.chat_group_id}`, group.name],
    ['user/999999', texts.conversation.notFound],
  ]) {
    await adas.goto(`#/${page}`);
    await adas.heading(title).waitFor();
    await fits(adas, page);
  }
  await adas.goto('#/bot');
  await adas.button(texts.bot.examples[0]).waitFor();
  await fits(adas, 'the bot');
});

scene('a phone: from the list to a conversation, a group’s members, and back', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const group = await client.createGroup(`Walks of ${bob.first}`);
  await client.enter(group.chat_group_id);
  const room = client.conversation({ user_id: ada.user_id });
  room.send('hello');
  const adas = await scene.seated(ada, { viewport: PHONE });
  await adas.item(bob.name).tap();
  await adas.said('hello').waitFor();
  await adas.composer(bob.name).fill('on my way');
  await adas.button(texts.composer.send).tap();
  await adas.reads(['hello', 'on my way']);
  await adas.sent();
  await adas.link(texts.back).tap();
  await adas.item(bob.name).getByText(texts.list.byYou('on my way')).waitFor();
  await adas.open(group.name);
  await adas.button(texts.group.join).tap();
  await adas.composer(group.name).waitFor();
  await fits(adas, 'a group');
  await adas.button(texts.group.showMembers).tap();
  const drawer = adas.page.getByRole('dialog', { name: texts.group.showMembers });
  await drawer.getByText(bob.name).waitFor();
  await fits(adas, 'the members');
  await adas.button(texts.group.leave, drawer).tap();
  const asking = adas.dialog(texts.group.leaveTitle);
  await asking.waitFor();
  await fits(adas, 'a question');
  await adas.button(texts.cancel, asking).tap();
  await adas.button(texts.close, drawer).tap();
  await drawer.waitFor({ state: 'detached' });
  await adas.page.goBack();
  await adas.item(group.name).waitFor();
  await adas.button(texts.list.newGroup).tap();
  await adas.dialog(texts.group.create).waitFor();
  await fits(adas, 'a new group');
});
