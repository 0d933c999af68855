// Whatever breaks or is done twice: reloads, second tabs, lines that are cut, a daemon that restarts, a session that
// ends. Nothing is lost, nothing doubled, nothing out of order, and the page says what is going on.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { PASSWORD, settled } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

const numbered = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `line ${from + n}`);

scene('a reload keeps the place, the draft and what was not sent', async (scene, stack) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await adas.write(bob.name, 'before');
  await bobs.reads(['before']);
  await stack.kill('wsd', 'SIGSTOP'); // nobody answers on the socket; the pages and requests are others' work
  try {
    await adas.write(bob.name, 'on its way 1', 'on its way 2');
    await adas.composer(bob.name).fill('a draft\nof two lines');
    await adas.page.reload();
    await adas.heading(bob.name).waitFor();
    await adas.reads(['before', 'on its way 1', 'on its way 2']);
    assert.equal(await adas.composer(bob.name).inputValue(), 'a draft\nof two lines');
    assert.equal(await adas.rows.count(), 1, 'two are shown as not sent');
  } finally {
    await stack.kill('wsd', 'SIGCONT');
  }
  await bobs.reads(['before', 'on its way 1', 'on its way 2']);
  await adas.sent();
  await adas.composer(bob.name).press('Enter');
  await bobs.reads(['before', 'on its way 1', 'on its way 2', 'a draft\nof two lines']);
  await adas.sent();
  await adas.page.reload();
  await adas.reads(['before', 'on its way 1', 'on its way 2', 'a draft\nof two lines']);
  assert.equal(await adas.composer(bob.name).inputValue(), '');
});

scene('a second tab: both show the same, and signing out in one ends the other', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  const twin = await scene.duplicate(adas);
  await twin.heading(bob.name).waitFor();
  await twin.composer(bob.name).waitFor();
  await bobs.open(ada.name);
  await adas.write(bob.name, 'from the first');
  await twin.reads(['from the first']);
  await twin.write(bob.name, 'from the second');
  await bobs.write(ada.name, 'to both');
  const all = ['from the first', 'from the second', 'to both'];
  for (const seat of [adas, twin, bobs]) await seat.reads(all);
  assert.match(await adas.said('from the second').getAttribute('class'), /is-mine/);
  await twin.goto('#/profile');
  await twin.button(texts.sign.out).click();
  await twin.heading(texts.sign.in).waitFor();
  await adas.page.getByText(texts.sign.ended).waitFor();
});

scene('the network is cut in the middle of sending: nothing lost, nothing doubled, in order', async (scene) => {
  const [ada, [[bob, bobs]]] = [await scene.newcomer('Ada'), await scene.people('Bob')];
  const line = await scene.proxy();
  const adas = await scene.seated(ada, { through: line });
  await adas.open(bob.name);
  await bobs.open(ada.name);
  await adas.listen();
  await adas.write(bob.name, ...numbered(1, 6));
  line.cut();
  await adas.write(bob.name, ...numbered(7, 12));
  await adas.context.setOffline(true);
  line.goAway();
  await adas.heard(texts.connection.offline);
  await adas.write(bob.name, ...numbered(13, 18));
  await adas.page.getByText(texts.conversation.pendingOffline).first().waitFor();
  await bobs.write(ada.name, 'are you there?');
  line.comeBack();
  await adas.context.setOffline(false);
  await adas.heard(texts.connection.back);
  await adas.sent();
  line.loseAnswers(); // what is sent now arrives, and nobody learns of it
  await adas.write(bob.name, ...numbered(19, 24));
  await until(async () => (await bobs.texts()).includes('line 19'), 'the first that arrives unacknowledged');
  line.cut();
  await until(async () => (await bobs.texts()).length === 25, 'all of it at the other end', 30);
  const arrived = await bobs.texts();
  assert.deepEqual(arrived.filter((text) => text.startsWith('line')), numbered(1, 24));
  await adas.sent();
  await adas.reads(arrived);
  await adas.page.reload();
  await adas.reads(arrived);
});

scene('a machine that says it has no network is offline at once, though no connection has ended', async (scene) => {
  const [[, adas], [bob]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await adas.listen();
  await adas.context.setOffline(true);
  await adas.heard(texts.connection.offline);
  await adas.write(bob.name, 'kept');
  await adas.page.getByText(texts.conversation.pendingOffline).waitFor();
  await adas.context.setOffline(false);
  await adas.heard(texts.connection.back);
  await adas.sent();
});

scene('the daemon restarts under the open page: it says so and comes back by itself', async (scene, stack) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  await adas.open(bob.name);
  await bobs.open(ada.name);
  const sent = [];
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    for (const seat of [adas, bobs]) await seat.listen();
    await stack.kill('wsd', signal);
    await adas.heard(texts.connection.offline);
    sent.push(`during ${signal}`);
    await adas.write(bob.name, sent.at(-1));
    await adas.heard(texts.connection.back);
    await bobs.heard(texts.connection.back);
    await bobs.reads(sent);
    await adas.sent();
  }
  await adas.item(bob.name).getByText(`, ${texts.list.online}`).waitFor({ state: 'attached' });
  await bobs.write(ada.name, 'still here');
  await adas.reads([...sent, 'still here']);
});

scene('a message that is refused says so, and can be tried again or discarded', async (scene, stack) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const owner = await scene.signedIn(bob.email);
  const { chat_group_id: id, name } = await owner.createGroup(`Doors of ${bob.first}`);
  await bobs.open(name);
  await adas.open(name);
  await adas.button(texts.group.join).click();
  await adas.write(name, 'a member');
  await bobs.reads(['a member']);
  // Behind the page's back, as in the moment before it hears of a removal.
  const isMember = `conversation_id = ${id} AND user_id = ${ada.user_id}`;
  const [[joined]] = await stack.sql(`SELECT joined_at_ms FROM members WHERE ${isMember}`);
  await stack.sql(`DELETE FROM members WHERE ${isMember}`);
  await adas.write(name, 'kept 1', 'kept 2');
  await adas.button(texts.conversation.discard).nth(1).waitFor();
  await adas.page.getByText(texts.errors.forbidden).first().waitFor();
  await adas.reads(['a member', 'kept 1', 'kept 2']);
  await adas.button(texts.conversation.discard).nth(1).click();
  await adas.reads(['a member', 'kept 1']);
  await stack.sql(`INSERT INTO members (conversation_id, user_id, joined_at_ms)
                   VALUES (${id}, ${ada.user_id}, ${joined})`);
  await adas.button(texts.conversation.retry).click();
  await adas.sent();
  await adas.reads(['a member', 'kept 1']);
  await bobs.reads(['a member', 'kept 1']);
});

scene('signing out while something is unsent asks first', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const line = await scene.proxy();
  const adas = await scene.seated(ada, { through: line });
  await adas.open(bob.name);
  await adas.write(bob.name, 'sent');
  await adas.sent();
  line.goAway();
  await adas.write(bob.name, 'not sent');
  await adas.goto('#/profile');
  await adas.button(texts.sign.out).click();
  const asking = adas.dialog(texts.sign.unsentTitle);
  await asking.getByText(texts.sign.unsent(1)).waitFor();
  await adas.button(texts.cancel, asking).click();
  await asking.waitFor({ state: 'detached' });
  line.comeBack();
  await adas.open(bob.name);
  await adas.reads(['sent', 'not sent']);
  await adas.sent();
});

scene('a session ended from elsewhere: told why, and back in the same place with the draft', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  await adas.composer(bob.name).fill('not yet sent');
  const elsewhere = await scene.signedIn(ada.email);
  const fresh = 'an entirely new password 5';
  await elsewhere.changeProfile({ password: fresh, current_password: PASSWORD });
  await adas.page.getByText(texts.sign.ended).waitFor();
  assert.equal(await adas.sidebar.count(), 0, 'nothing of hers is on the screen');
  await adas.fillSignIn(ada.email, fresh);
  await adas.heading(bob.name).waitFor();
  await adas.composer(bob.name).waitFor();
  assert.equal(await adas.composer(bob.name).inputValue(), 'not yet sent');
});

scene('somebody else signs in where a session has ended: nothing of the first one is there', async (scene) => {
  const [ada, bob, eve] = await Promise.all(['Ada', 'Bob', 'Eve'].map((name) => scene.newcomer(name)));
  const adas = await scene.seated(ada);
  await adas.open(bob.name);
  const room = (await scene.signedIn(bob.email)).conversation({ user_id: ada.user_id });
  await room.load();
  room.send('for Ada only');
  await settled(room, 1);
  await adas.said('for Ada only').waitFor();
  await adas.composer(bob.name).fill("Ada's draft");
  const elsewhere = await scene.signedIn(ada.email);
  await elsewhere.changeProfile({ password: 'an entirely new password 6', current_password: PASSWORD });
  await adas.page.getByText(texts.sign.ended).waitFor();
  await adas.fillSignIn(eve.email, PASSWORD);
  await adas.online();
  await adas.open(bob.name);
  await adas.text(texts.conversation.emptyUser(bob.name)).waitFor();
  assert.equal(await adas.composer(bob.name).inputValue(), '');
  assert.doesNotMatch(await adas.page.content(), /for Ada only/);
});
