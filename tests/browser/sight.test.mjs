// For who sees otherwise: the system's own few colours, and a window that a zoom of 400 % has made small.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { settled } from '../web/support/people.mjs';
import { scene } from './support/scenes.mjs';

const ZOOMED = { width: 320, height: 256 };

const style = (locator, name) => locator.evaluate((one, property) => getComputedStyle(one)[property], name);

async function pair(scene, options) {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const room = client.conversation({ user_id: ada.user_id });
  await room.load();
  for (let n = 0; n < 10; n += 1) room.send(`line ${n}`);
  await settled(room, 10);
  return { ada, bob, client, adas: await scene.seated(ada, options) };
}

scene('with forced colours one sees what is chosen, whose a message is, the state and the focus', async (scene) => {
  const { bob, adas } = await pair(scene, { forcedColors: 'active' });
  const { page } = adas;
  await adas.open(bob.name);
  await adas.write(bob.name, 'mine');
  await adas.sent();
  const chip = (pressed) => page.locator(`.filters .chip[aria-pressed=${pressed}]`).first();
  assert.notEqual(await style(chip(true), 'backgroundColor'), await style(chip(false), 'backgroundColor'));
  assert.notEqual(await style(adas.item(bob.name), 'borderInlineStartWidth'), '0px');
  assert.equal(await style(adas.item(texts.bot.name), 'borderInlineStartWidth'), '0px');
  const [mine, others] = [page.locator('.is-mine > .bubble').last(), page.locator('.is-other > .bubble').first()];
  assert.notEqual(await style(others, 'borderTopWidth'), '0px');
  assert.notEqual(await style(mine, 'borderTopWidth'), await style(others, 'borderTopWidth'));
  const ground = await style(page.locator('body'), 'backgroundColor');
  assert.notEqual(await style(page.locator('.me .status-dot'), 'backgroundColor'), ground);
  await adas.composer(bob.name).focus();
  assert.equal(await style(page.locator('.composer-box'), 'outlineStyle'), 'solid');
});

scene('at a zoom of 400 % there is room for the list and for what is said', async (scene) => {
  const { bob, adas } = await pair(scene, { viewport: ZOOMED });
  const shown = (selector) =>
    adas.page.locator(selector).evaluate((one) => {
      one.scrollIntoView();
      const { top, bottom } = one.getBoundingClientRect();
      return Math.min(bottom, innerHeight) - Math.max(top, 0);
    });
  assert.ok((await shown('.list')) > ZOOMED.height * 0.6, `${await shown('.list')} px of the list`);
  await adas.item(bob.name).click();
  await adas.said('line 9').waitFor();
  assert.ok((await shown('.messages')) > ZOOMED.height * 0.5, `${await shown('.messages')} px of messages`);
  const wide = await adas.page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.equal(wide, ZOOMED.width);
});
