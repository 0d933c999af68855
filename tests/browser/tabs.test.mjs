// Two tabs of one session: a person is in a group as long as one of them looks at it.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { scene } from './support/scenes.mjs';

scene('present in two tabs: who closes one, or goes elsewhere in it, has not left the group', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const owner = await scene.signedIn(bob.email);
  const { name } = await owner.createGroup(`Tabs of ${bob.first}`);
  await bobs.open(name);
  await adas.open(name);
  await adas.button(texts.group.join).click();
  await bobs.member(ada.name).getByText(texts.group.present).waitFor();
  const moved = (text) => bobs.page.locator('.row-activity').filter({ hasText: text });
  const left = moved(texts.group.moved.left(ada.name));
  const entered = moved(texts.group.moved.entered(ada.name));
  await entered.waitFor();

  const closed = await scene.duplicate(adas);
  await closed.member(ada.name).getByText(texts.group.present).waitFor();
  await closed.write(name, 'from the second tab');
  await bobs.said('from the second tab').waitFor();
  await closed.page.close();
  const gone = await scene.duplicate(adas);
  await gone.member(ada.name).getByText(texts.group.present).waitFor();
  await gone.goHome();
  await bobs.write(name, 'still there?');
  await adas.said('still there?').waitFor(); // as a message of a group that she is in
  await adas.write(name, 'yes');
  await bobs.said('yes').waitFor();
  await bobs.member(ada.name).getByText(texts.group.present).waitFor();
  assert.equal(await left.count(), 0);

  await adas.goHome(); // the last one that looked
  await left.waitFor();
  await bobs.member(ada.name).getByText(texts.group.online).waitFor();
  assert.deepEqual([await left.count(), await entered.count()], [1, 1]);
});
