// The protocol's flows about groups, as people do them in the page: 10 enter group mode, 11 enter a group, 12 leave a
// group, 13 message in a group, 14 create a group, 15 update a group.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { scene } from './support/scenes.mjs';

/** A group that Bob owns, with him under Node: { client, group: { id, name } }. */
async function bobsGroup(scene, bob, name = 'Engines') {
  const client = await scene.signedIn(bob.email);
  const made = await client.createGroup(`${name} of ${bob.first}`);
  return { client, group: { id: made.chat_group_id, name: made.name } };
}

scene('flow 10, enter group mode: all groups with their members, mine in the list', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const { client, group } = await bobsGroup(scene, bob);
  const other = await client.createGroup(`Walks of ${bob.first}`);
  const adas = await scene.seated(ada);
  await scene.signedIn(ada.email).then((hers) => hers.enter(other.chat_group_id));
  await adas.goto('#/groups');
  await adas.card(group.name).getByText(texts.list.members(1)).waitFor();
  await adas.card(other.name).getByText(texts.list.members(2)).waitFor();
  await adas.card(other.name).getByText(texts.groups.member).waitFor();
  assert.equal(await adas.card(group.name).getByText(texts.groups.member).count(), 0);
  await adas.page.getByLabel(texts.groups.search).fill('walks of');
  await adas.card(group.name).waitFor({ state: 'detached' });
  await adas.button(texts.list.filters.groups).click();
  const mine = adas.page.getByRole('region', { name: texts.list.sections.conversations });
  await mine.getByText(other.name).waitFor();
  assert.equal(await mine.getByText(group.name).count(), 0);
});

scene('flow 11, enter a group: reading first, joining, and those who are there see it', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const { client, group } = await bobsGroup(scene, bob);
  await client.enter(group.id);
  client.conversation({ chat_group_id: group.id }).send('for whoever comes');
  await bobs.open(group.name);
  await adas.goto(`#/group/${group.id}`);
  await adas.said('for whoever comes').waitFor();
  assert.equal(await adas.composer(group.name).count(), 0, 'a guest only reads');
  assert.equal(await bobs.page.getByText(`${ada.name} entered the group`).count(), 0);
  await adas.button(texts.group.join).click();
  await adas.composer(group.name).waitFor();
  await bobs.page.getByText(`${ada.name} entered the group`).first().waitFor();
  for (const seat of [adas, bobs]) {
    await seat.member(ada.name).getByText(texts.group.present).waitFor();
    await seat.member(bob.name).getByText(texts.group.present).waitFor();
    await seat.page.getByText(texts.group.counts(2, 2)).waitFor();
  }
  await adas.member(bob.name).getByText(texts.group.owner).waitFor();
});

scene('flow 12, leave a group: those who are there see it; leaving for good ends the membership', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const { group } = await bobsGroup(scene, bob);
  await bobs.open(group.name);
  await adas.open(group.name);
  await adas.button(texts.group.join).click();
  await bobs.member(ada.name).getByText(texts.group.present).waitFor();
  await adas.goHome();
  await bobs.page.getByText(`${ada.name} left the group`).first().waitFor();
  await bobs.member(ada.name).getByText(texts.group.online).waitFor();
  await adas.open(group.name);
  await adas.composer(group.name).waitFor();
  await bobs.member(ada.name).getByText(texts.group.present).waitFor();
  await adas.button(texts.group.leave).click();
  const dialog = adas.dialog(texts.group.leaveTitle);
  await adas.button(texts.cancel, dialog).click();
  await dialog.waitFor({ state: 'detached' });
  await adas.button(texts.group.leave).click();
  await adas.button(texts.group.doLeave, dialog).click();
  await adas.button(texts.group.join).waitFor();
  await bobs.member(ada.name).waitFor({ state: 'detached' });
  await bobs.page.getByText(texts.group.isOut(ada.name)).first().waitFor();
});

scene('flow 13, message in a group: present ones read it, members get a count, others nothing', async (scene) => {
  const [[ada, adas], [bob, bobs], [carol, carols]] = await scene.people('Ada', 'Bob', 'Carol');
  const { group } = await bobsGroup(scene, bob);
  await bobs.open(group.name);
  await adas.open(group.name);
  await adas.button(texts.group.join).click();
  await adas.write(group.name, 'one', 'two');
  await bobs.reads(['one', 'two']);
  await bobs.said('one').getByText(ada.name).first().waitFor();
  await bobs.write(group.name, 'three');
  await adas.reads(['one', 'two', 'three']);
  await bobs.goHome();
  await adas.member(bob.name).getByText(texts.group.online).waitFor();
  await adas.write(group.name, 'four');
  await bobs.unread(group.name, 1).waitFor();
  await adas.open(carol.name);
  await adas.write(carol.name, 'hello');
  await carols.unread(ada.name, 1).waitFor(); // whatever came before has passed her by
  await carols.link(texts.list.notifications(1)).waitFor();
  await bobs.open(group.name);
  await bobs.reads(['one', 'two', 'three', 'four']);
  await bobs.unread(group.name, 1).waitFor({ state: 'detached' });
});

scene('flow 14, create a group: everybody who is online has it at once', async (scene) => {
  const [[ada, adas], [, bobs]] = await scene.people('Ada', 'Bob');
  await bobs.goto('#/groups');
  const name = `Difference & engines <${ada.first}>`;
  await adas.button(texts.list.newGroup).first().click();
  const dialog = adas.dialog(texts.group.create);
  await adas.button(texts.group.doCreate, dialog).click();
  await dialog.getByText(texts.errors.required).waitFor();
  await dialog.getByLabel(texts.group.name, { exact: true }).fill(name);
  await adas.page.keyboard.press('Enter');
  await adas.heading(name).waitFor();
  await adas.member(ada.name).getByText(texts.group.owner).waitFor();
  await adas.item(name).waitFor();
  await bobs.card(name).getByText(texts.list.members(1)).waitFor();
  assert.equal(await bobs.card(name).getByText(texts.groups.member).count(), 0);
});

scene('flow 15, update a group: a new name and a new owner, seen by everybody', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const { group } = await bobsGroup(scene, bob);
  await bobs.open(group.name);
  await adas.open(group.name);
  assert.equal(await adas.button(texts.group.rename).count(), 0, 'not hers');
  await adas.button(texts.group.join).click();
  await bobs.member(ada.name).waitFor();
  await bobs.button(texts.group.rename).click();
  const renaming = bobs.dialog(texts.group.renameTitle);
  const name = `Better ${group.name}`;
  await renaming.getByLabel(texts.group.name, { exact: true }).fill(name);
  await bobs.button(texts.group.doRename, renaming).click();
  for (const seat of [adas, bobs]) await seat.heading(name).waitFor();
  await adas.item(name).waitFor();
  await bobs.button(texts.group.handOver).click();
  const handing = bobs.dialog(texts.group.handOverTitle);
  await handing.getByLabel(texts.group.newOwner).selectOption({ label: ada.name });
  await bobs.button(texts.group.doHandOver, handing).click();
  await adas.button(texts.group.rename).waitFor();
  await adas.member(ada.name).getByText(texts.group.owner).waitFor();
  await bobs.button(texts.group.leave).waitFor();
  await adas.button(texts.group.remove(bob.name)).click();
  await adas.button(texts.group.doRemove, adas.dialog(texts.group.removeTitle(bob.name))).click();
  await bobs.button(texts.group.join).waitFor();
  await adas.member(bob.name).waitFor({ state: 'detached' });
});
