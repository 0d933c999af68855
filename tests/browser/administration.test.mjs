// What administrators do by SQL (docs/admin/manage.md), as people see it in the page: removed messages, groups and
// people, an invitation from its mail to signing in, and one's own account that is suspended or erased while open.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { newAddress, PASSWORD } from '../web/support/people.mjs';
import { scene } from './support/scenes.mjs';

scene('a message, a group and a person are removed by SQL under the open page', async (scene, stack) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const client = await scene.signedIn(ada.email);
  const { chat_group_id, name } = await client.createGroup(`Gone of ${ada.first}`);
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await bobs.write(ada.name, 'regrettable', 'harmless');
  await adas.reads(['regrettable', 'harmless']);
  const [[room]] = await stack.sql(`SELECT id FROM chat_rooms WHERE ${bob.user_id} IN (user_low, user_high)`);
  await stack.call('admin_remove_message', Number(room), 1, true);
  await bobs.write(ada.name, 'after the dry run');
  await adas.reads(['regrettable', 'harmless', 'after the dry run']);
  await stack.call('admin_remove_message', Number(room), 1, false);
  const left = [texts.conversation.removed, 'harmless', 'after the dry run'];
  for (const seat of [adas, bobs]) await seat.reads(left);
  await adas.page.reload();
  await adas.reads(left);

  await bobs.open(name);
  await bobs.button(texts.group.join).click();
  await bobs.composer(name).fill('half a thought');
  await stack.call('admin_delete_group', chat_group_id, false);
  await bobs.heading(texts.conversation.groupRemoved(name)).waitFor();
  for (const seat of [adas, bobs]) await seat.item(name).waitFor({ state: 'detached' });

  await stack.call('admin_erase_user', bob.email, false, false);
  await adas.heading(texts.deletedUser).waitFor();
  await adas.text(texts.conversation.deletedHint).waitFor();
  await adas.item(texts.deletedUser).waitFor();
  assert.equal(await adas.composer(bob.name).count(), 0);
  await adas.page.reload();
  await adas.heading(texts.deletedUser).waitFor();
  await adas.reads(left.map(() => texts.conversation.removed));
});

scene('invited: the mail’s link, a password on its page, and signing in', async (scene, stack) => {
  const [[, bobs]] = await scene.people('Bob');
  const email = newAddress('Grace');
  await stack.call('admin_invite_user', email, 'Grace', "O'Hopper");
  const path = await stack.registrationLink(email);
  const graces = await scene.seat('Grace');
  const { page } = graces;
  await page.goto(stack.url + path);
  await graces.heading('Choose a password').waitFor();
  const password = graces.field(texts.sign.password);
  await graces.hasFocus(password);
  await password.fill('password1'); // long enough, and one that everybody uses
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.equal(await password.inputValue(), '');
  await password.fill(PASSWORD);
  await page.keyboard.press('Enter');
  await graces.heading('Welcome, Grace').waitFor();
  await bobs.goto('#/people');
  await bobs.field(texts.people.search).fill("O'Hopper"); // the page begins with some of many
  await bobs.card("Grace O'Hopper").first().waitFor();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await graces.heading(texts.sign.in).waitFor();
  await graces.fillSignIn(email, PASSWORD);
  await graces.online();
  await graces.heading('Hello, Grace').waitFor();
  await page.goto(stack.url + path);
  await graces.heading('Already confirmed').waitFor();
});

scene('suspended while the page is open: one is signed out and told why; reinstated, all is there', async (scene, stack) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await adas.write(bob.name, 'before');
  await adas.sent();
  await adas.composer(bob.name).fill('half a thought');
  await stack.call('admin_suspend_user', ada.email);
  await adas.text(texts.sign.ended).waitFor();
  await adas.fillSignIn(ada.email, 'not the password 1');
  await adas.text(texts.sign.wrong).waitFor();
  await adas.fillSignIn(ada.email);
  await adas.text(texts.sign.suspended).waitFor();
  await bobs.open(ada.name);
  await bobs.write(ada.name, 'are you there?'); // one can still write to her
  await bobs.sent();
  await stack.call('admin_reinstate_user', ada.email);
  await adas.button(texts.sign.doIn).click();
  await adas.online();
  await adas.heading(bob.name).waitFor();
  await adas.reads(['before', 'are you there?']);
  assert.equal(await adas.composer(bob.name).inputValue(), 'half a thought');
});

scene('erased while the page is open: one is signed out, and the account is nobody’s', async (scene, stack) => {
  const [[ada, adas], [bob]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await adas.write(bob.name, 'before');
  await adas.sent();
  await stack.call('admin_erase_user', ada.email, true, false);
  await adas.text(texts.sign.ended).waitFor();
  await adas.fillSignIn(ada.email);
  await adas.text(texts.sign.wrong).waitFor();
});
