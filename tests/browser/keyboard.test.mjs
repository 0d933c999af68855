// Without a mouse: signing in, finding somebody, talking, going back, a dialog. The focus is always somewhere one sees.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { PASSWORD } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

/** What has the focus, as a screen reader would name it; null: nothing has. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    return element.ariaLabel ?? element.labels?.[0]?.innerText ?? element.innerText;
  });
}

/** Presses Tab until `name` has the focus. */
async function tabTo(page, name, most = 20) {
  for (let n = 0; n <= most; n += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${name} is not reached within ${most} times Tab; the focus is at ${await focused(page)}`);
}

const hasFocus = (page, name) => until(async () => (await focused(page)) === name, `the focus at ${name}`);

/** The focus is drawn: around the element, or around the box that it fills. */
function isFocusDrawn(page) {
  return page.evaluate(() => {
    const isDrawn = (element) => {
      const style = getComputedStyle(element);
      return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    };
    let element = document.activeElement;
    for (let n = 0; n < 3 && element; n += 1, element = element.parentElement) if (isDrawn(element)) return true;
    return false;
  });
}

scene('the keyboard alone: sign in, open, send, Escape, and back again', async (scene) => {
  const [ada, [[bob, bobs]]] = [await scene.newcomer('Ada'), await scene.people('Bob')];
  const adas = await scene.seat(ada.name);
  const { page } = adas;
  const { keyboard } = page;
  await bobs.open(ada.name);
  await adas.goto();
  await adas.heading(texts.sign.in).waitFor();
  await tabTo(page, texts.sign.email);
  assert.equal(await adas.field(texts.sign.email).evaluate((one) => one.spellcheck), false, 'an address is no prose');
  assert.ok(await isFocusDrawn(page));
  await keyboard.type(ada.email);
  await tabTo(page, texts.sign.password);
  await keyboard.type('wrong one');
  await keyboard.press('Enter');
  await page.getByText(texts.sign.wrong).waitFor();
  assert.equal(await focused(page), texts.sign.password, 'the focus stays where one types');
  await keyboard.press('Control+A');
  await keyboard.type(PASSWORD);
  await keyboard.press('Enter');
  await adas.online();

  await keyboard.press('Control+K');
  await hasFocus(page, texts.list.search);
  await keyboard.type(bob.name);
  await adas.item(bob.name).waitFor();
  await keyboard.press('Enter');
  await hasFocus(page, texts.composer.label(bob.name));
  assert.ok(await isFocusDrawn(page));
  await keyboard.type('first line');
  await keyboard.press('Shift+Enter');
  await keyboard.type('second line / with a slash');
  await keyboard.press('Enter');
  await bobs.reads(['first line\nsecond line / with a slash']);
  assert.equal(await adas.composer(bob.name).inputValue(), '');
  await keyboard.type('   ');
  await keyboard.press('Enter');
  await keyboard.press('Control+A');
  await keyboard.type('and more');
  await keyboard.press('Enter');
  await bobs.reads(['first line\nsecond line / with a slash', 'and more']);

  await keyboard.press('Escape');
  await until(async () => (await focused(page))?.includes(bob.name), 'the focus in the list');
  assert.ok(await isFocusDrawn(page));
  await keyboard.press('ArrowDown');
  await until(async () => (await focused(page))?.includes(texts.bot.about), 'the focus on the bot');
  await keyboard.press('Enter');
  await hasFocus(page, texts.composer.label(texts.bot.name));
  await keyboard.type('What time is it?');
  await keyboard.press('Enter');
  await until(async () => (await adas.texts()).length === 2, 'the answer');
  await page.goBack();
  await hasFocus(page, texts.composer.label(bob.name));
});

scene('the keyboard alone: a dialog keeps the focus, Escape closes it and gives it back', async (scene) => {
  const [[ada, adas]] = await scene.people('Ada');
  const { page } = adas;
  const { keyboard } = page;
  await tabTo(page, texts.list.newGroup);
  await keyboard.press('Enter');
  await hasFocus(page, texts.group.name);
  for (let n = 0; n < 8; n += 1) {
    await keyboard.press('Tab');
    const isInside = await page.evaluate(
      () => document.activeElement === document.body || document.activeElement.closest('dialog') !== null,
    );
    assert.ok(isInside, 'the page behind is out of reach');
  }
  await keyboard.press('Escape');
  await adas.dialog(texts.group.create).waitFor({ state: 'detached' });
  await hasFocus(page, texts.list.newGroup);
  await keyboard.press('Enter');
  await hasFocus(page, texts.group.name);
  const name = `Keys of ${ada.first}`;
  await keyboard.type(name);
  await keyboard.press('Enter');
  await adas.heading(name).waitFor();
  await hasFocus(page, texts.composer.label(name));
  await tabTo(page, texts.group.rename, 40);
  await keyboard.press('Enter');
  await hasFocus(page, texts.group.name);
  await keyboard.press('Control+A');
  await keyboard.type(`${name}, renamed`);
  await keyboard.press('Enter');
  await adas.heading(`${name}, renamed`).waitFor();
  await hasFocus(page, texts.group.rename);
});

scene('the keyboard alone: the way past the list, and up to older messages', async (scene) => {
  const [[, adas], [bob]] = await scene.people('Ada', 'Bob');
  const { page } = adas;
  await adas.open(bob.name);
  await page.reload();
  await adas.composer(bob.name).waitFor();
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), texts.skip);
  assert.ok(await isFocusDrawn(page));
  await page.keyboard.press('Enter');
  await hasFocus(page, texts.composer.label(bob.name));
  for (let n = 0; n < 60; n += 1) await adas.write(bob.name, `line ${n}`);
  await adas.sent();
  await page.keyboard.press('Shift+Tab');
  await hasFocus(page, texts.conversation.messages(bob.name));
  await page.keyboard.press('Home');
  await adas.button(texts.conversation.jumpLabel(0)).waitFor();
  await page.keyboard.press('Escape');
  await hasFocus(page, texts.composer.label(bob.name));
});

scene('what can not be undone asks first: the focus is on Cancel, Escape and Enter do nothing', async (scene) => {
  const [[ada, adas], [bob, bobs]] = await scene.people('Ada', 'Bob');
  const owner = await scene.signedIn(bob.email);
  const { name } = await owner.createGroup(`Doors of ${bob.first}`);
  await bobs.open(name);
  await adas.open(name);
  await adas.button(texts.group.join).click();
  await adas.hasFocus(adas.composer(name)); // it goes there by itself
  await bobs.member(ada.name).waitFor();
  for (const [seat, opener, title] of [
    [adas, texts.group.leave, texts.group.leaveTitle],
    [bobs, texts.group.remove(ada.name), texts.group.removeTitle(ada.name)],
  ]) {
    for (const way of ['Escape', 'Enter']) {
      await tabTo(seat.page, opener, 40);
      await seat.page.keyboard.press('Enter');
      await hasFocus(seat.page, texts.cancel);
      assert.ok(await isFocusDrawn(seat.page));
      await seat.page.keyboard.press(way);
      await seat.dialog(title).waitFor({ state: 'detached' });
      await seat.hasFocus(seat.button(opener));
    }
    await seat.member(ada.name).waitFor();
  }
  await adas.write(name, 'still a member');
  await bobs.said('still a member').waitFor();
});

scene('signing out with something unsent: the same, and Enter keeps one signed in', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const line = await scene.proxy();
  const adas = await scene.seated(ada, { through: line });
  const { page } = adas;
  await adas.open(bob.name);
  line.goAway();
  await adas.write(bob.name, 'not sent');
  await adas.goto('#/profile');
  for (const way of ['Escape', 'Enter']) {
    await tabTo(page, texts.sign.out, 60);
    await page.keyboard.press('Enter');
    await hasFocus(page, texts.cancel);
    await page.keyboard.press(way);
    await adas.dialog(texts.sign.unsentTitle).waitFor({ state: 'detached' });
    await adas.hasFocus(adas.button(texts.sign.out));
  }
  line.comeBack();
  for (const state of ['visible', 'detached']) // what is below it moves when it goes
    await adas.page.locator('.banner.is-back').waitFor({ state });
  await adas.open(bob.name);
  await adas.sent();
  await adas.reads(['not sent']);
});
