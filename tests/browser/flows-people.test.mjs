// The protocol's flows about people, as people do them in the page: 1 register, 2 login, 3 logout,
// 6 human chat, 16 inspect profile, 17 update profile.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { PASSWORD, newAddress } from '../web/support/people.mjs';
import { scene } from './support/scenes.mjs';

scene('flow 1, register a new account: the mail, the link, and everybody sees who is new', async (scene, stack) => {
  const [[, bobs]] = await scene.people('Bob');
  await bobs.goto('#/people');
  const [emmys, email] = [await scene.seat('Emmy'), newAddress('Emmy')];
  const { page } = emmys;
  await emmys.goto();
  await emmys.link(texts.sign.up).click();
  await emmys.button(texts.sign.doUp).click();
  await emmys.hasFocus(emmys.field(texts.sign.firstName));
  assert.equal(await page.getByText(texts.errors.required).count(), 4);
  await emmys.field(texts.sign.firstName).fill('Emmy');
  await emmys.field(texts.sign.lastName).fill(`Noether ${email}`);
  await emmys.field(texts.sign.email).fill(email);
  await emmys.field(texts.sign.password).fill(PASSWORD);
  await emmys.button(texts.sign.doUp).click();
  await emmys.heading(texts.mail.title).waitFor();
  await page.getByText(texts.mail.sent(email)).waitFor();
  const link = await stack.registrationLink(email);
  assert.equal(await bobs.card(`Emmy Noether ${email}`).count(), 0, 'there is no account yet');
  await emmys.link(texts.mail.confirmed).click();
  await emmys.fillSignIn(email, PASSWORD);
  await page.getByText(texts.sign.wrong).waitFor();
  await page.goto(stack.url + link); // opening it changes nothing yet: mail programs open links, too
  await page.getByRole('button').click();
  await emmys.heading('Welcome, Emmy').waitFor();
  await bobs.card(`Emmy Noether ${email}`).getByText(texts.people.offline).waitFor();
  await emmys.link(texts.sign.in).click();
  await emmys.fillSignIn(email, PASSWORD);
  await emmys.heading(texts.home.title('Emmy')).waitFor();
  await bobs.card(`Emmy Noether ${email}`).getByText(texts.people.online).waitFor();
});

scene('a link that is of no use leads to a new one, and that to the account', async (scene, stack) => {
  const [seat, email] = [await scene.seat('Emmy'), newAddress('Emmy')];
  const { page } = seat;
  await seat.goto('http/register/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  await seat.heading('This link does not work any more').waitFor();
  const looks = (...places) =>
    page.evaluate((list) => list.map(([place, what]) => getComputedStyle(document.querySelector(place))[what]), places);
  const common = [['.button', 'backgroundColor'], ['h1', 'fontSize'], ['body', 'fontFamily']];
  const there = await looks(['main', 'borderRadius'], ...common);
  await seat.link('Get a new link').click();
  await seat.heading(texts.sign.up).waitFor();
  const here = await looks(['.guest-card', 'borderRadius'], ...common);
  assert.deepEqual(there, here, 'it looks like one product');
  await seat.field(texts.sign.firstName).fill('Emmy');
  await seat.field(texts.sign.lastName).fill('Noether');
  await seat.field(texts.sign.email).fill(email);
  await seat.field(texts.sign.password).fill(PASSWORD);
  await seat.button(texts.sign.doUp).click();
  await seat.heading(texts.mail.title).waitFor();
  await page.goto(stack.url + (await stack.registrationLink(email)));
  await page.getByRole('button').click();
  await seat.link(texts.sign.in).click();
  await seat.fillSignIn(email, PASSWORD);
  await seat.heading(texts.home.title('Emmy')).waitFor();
});

scene('flow 2, login: a wrong password says so, the right one shows what was missed', async (scene) => {
  const ada = await scene.newcomer('Ada');
  const [[bob, bobs]] = await scene.people('Bob');
  const carol = await scene.person('Carol');
  carol.conversation({ user_id: ada.user_id }).send('while you were away');
  await bobs.goto('#/people');
  await bobs.card(ada.name).getByText(texts.people.offline).waitFor();
  const adas = await scene.seat(ada.name);
  await adas.goto();
  await adas.fillSignIn(ada.email, 'not the password');
  await adas.page.getByRole('alert').getByText(texts.sign.wrong).waitFor();
  assert.equal(await bobs.card(ada.name).getByText(texts.people.online).count(), 0);
  await adas.fillSignIn(ada.email, PASSWORD);
  await adas.online();
  await adas.link(texts.list.notifications(1)).waitFor();
  await adas.item(bob.name).getByText(`, ${texts.list.online}`).waitFor({ state: 'attached' });
  await bobs.card(ada.name).getByText(texts.people.online).waitFor();
  assert.equal(new URL(adas.page.url()).search, '', 'nothing of the form is in the address');
});

scene('flow 3, logout: the page forgets, and the others see it', async (scene) => {
  const [[bob, bobs], [ada, adas]] = await scene.people('Bob', 'Ada');
  await adas.open(bob.name);
  await adas.composer(bob.name).fill('a secret draft');
  await bobs.open(ada.name);
  await bobs.page.getByRole('main').getByText(texts.connection.online).waitFor();
  await adas.sidebar.getByRole('link', { name: texts.list.you }).click();
  await adas.button(texts.sign.out).click();
  await adas.heading(texts.sign.in).waitFor();
  await bobs.page.getByRole('main').getByText(texts.connection.offline).waitFor();
  assert.deepEqual(await adas.page.evaluate(() => ({ ...sessionStorage, ...localStorage })), {});
  await adas.page.goBack();
  await adas.heading(texts.sign.in).waitFor();
  await adas.page.reload();
  await adas.heading(texts.sign.in).waitFor();
  assert.equal(await adas.page.getByText(texts.sign.ended).count(), 0, 'it was her own wish');
  await adas.signIn(bob);
  await adas.open(ada.name);
  assert.doesNotMatch(await adas.page.content(), /a secret draft/);
});

scene('flow 6, enter the human chat: rooms first, everybody can be found, marks say who is online', async (scene) => {
  const [ada, bob, dora] = await Promise.all(['Ada', 'Bob', 'Dora'].map((name) => scene.newcomer(name)));
  const bobs = await scene.signedIn(bob.email);
  bobs.conversation({ user_id: ada.user_id }).send('hello');
  const adas = await scene.seated(ada);
  await adas.unread(bob.name, 1).waitFor();
  const conversations = adas.page.getByRole('region', { name: texts.list.sections.conversations });
  await conversations.getByText(bob.name).waitFor();
  assert.equal(await conversations.getByText(dora.name).count(), 0, 'nothing was said to Dora');
  await adas.button(texts.list.filters.groups).click();
  await adas.item(bob.name).waitFor({ state: 'detached' });
  await adas.button(texts.list.filters.people).click();
  await adas.item(bob.name).waitFor();
  await adas.item(texts.bot.name).waitFor({ state: 'detached' });
  await adas.page.getByLabel(texts.list.search).fill(dora.name.toUpperCase());
  await adas.item(dora.name).waitFor();
  assert.equal(await adas.item(bob.name).count(), 0);
  assert.equal(await adas.item(dora.name).getByText(`, ${texts.list.online}`).count(), 0);
  await scene.signedIn(dora.email);
  await adas.item(dora.name).getByText(`, ${texts.list.online}`).waitFor({ state: 'attached' });
  await adas.page.getByLabel(texts.list.search).fill('nobody is called so');
  await adas.page.getByText(texts.list.nothingFound).waitFor();
});

scene('flow 16, inspect the profile: mine, with the address that nobody else sees', async (scene) => {
  const [[ada, adas], [, bobs]] = await scene.people('Ada', 'Bob');
  await adas.goto('#/profile');
  await adas.heading(texts.profile.title).waitFor();
  await adas.text(ada.email).waitFor();
  assert.equal(await adas.field(texts.sign.firstName).inputValue(), ada.first);
  assert.equal(await adas.field(texts.sign.lastName).inputValue(), 'Test');
  assert.equal(await adas.field(texts.profile.fresh).inputValue(), '');
  await adas.page.getByText(texts.profile.since).waitFor();
  await bobs.goto('#/people');
  await bobs.card(ada.name).waitFor();
  await bobs.open(ada.name);
  assert.ok(!(await bobs.page.content()).includes(ada.email));
});

scene('flow 17, update the profile: new names reach everybody, a new password ends other sessions', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const elsewhere = await scene.seated(ada);
  await adas.open(bob.name);
  await adas.write(bob.name, 'who am I?');
  await bobs.open(ada.name);
  await adas.goto('#/profile');
  await adas.field(texts.sign.firstName).fill(' ');
  await adas.button(texts.profile.save).click();
  await adas.page.getByText(texts.errors.required).waitFor();
  await adas.hasFocus(adas.field(texts.sign.firstName));
  const [fresh, name] = ['a quite different password 8', `Augusta King ${ada.user_id}`];
  await adas.field(texts.sign.firstName).fill('Augusta');
  await adas.field(texts.sign.lastName).fill(`King ${ada.user_id}`);
  await adas.button(texts.profile.save).click();
  await adas.page.getByRole('status').getByText(texts.profile.saved).waitFor();
  await bobs.heading(name).waitFor();
  await bobs.item(name).waitFor();
  assert.equal(await bobs.item(ada.name).count(), 0);
  await adas.field(texts.profile.current).fill('something else 9');
  await adas.field(texts.profile.fresh).fill(fresh);
  await adas.button(texts.profile.change).click();
  await adas.page.getByText(texts.profile.wrongPassword).waitFor();
  await adas.field(texts.profile.current).fill(PASSWORD);
  await adas.button(texts.profile.change).click();
  await elsewhere.page.getByText(texts.sign.ended).waitFor();
  await adas.page.getByRole('status').getByText(texts.profile.changed).waitFor();
  await elsewhere.fillSignIn(ada.email, PASSWORD);
  await elsewhere.page.getByText(texts.sign.wrong).waitFor();
  await elsewhere.fillSignIn(ada.email, fresh);
  await elsewhere.online();
});
