// Time goes on under the open page: midnight, and a computer whose clock is wrong. By Playwright's clock.

import { texts } from '../../web/texts.js';
import { settled } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

const HOUR_MS = 3600000;
const DAY_MS = 24 * HOUR_MS;

const dayMark = (seat) => seat.page.locator('.row-day').last();

/** Bob has said something to Ada: both, and the midnight after it (the pages are at UTC). */
async function spoken(scene) {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const room = client.conversation({ user_id: ada.user_id });
  await room.load();
  room.send('hello');
  await settled(room, 1);
  const at = Date.parse(room.messages[0].timestamp);
  return { ada, bob, room, midnight: (Math.floor(at / DAY_MS) + 1) * DAY_MS };
}

/** What is said of the day, in the conversation and in the list. */
async function says(seat, bob, day) {
  await dayMark(seat).getByText(day, { exact: true }).waitFor();
  const ofList = day === texts.time.today ? /^\d\d:\d\d$/ : day;
  await seat.item(bob.name).locator('time').getByText(ofList, { exact: true }).waitFor();
}

scene('midnight comes under the open page: today becomes yesterday, here and in the list', async (scene) => {
  const { ada, bob, midnight } = await spoken(scene);
  const adas = await scene.seated(ada, { clock: midnight - 60000 });
  await adas.open(bob.name);
  await says(adas, bob, texts.time.today);
  await adas.page.clock.fastForward(70000);
  await says(adas, bob, texts.time.yesterday);
  await adas.page.clock.fastForward(DAY_MS); // and again the next night
  const weekday = new Intl.DateTimeFormat(texts.locale, { weekday: 'long', timeZone: 'UTC' }).format(midnight - 1);
  await says(adas, bob, weekday);
});

scene('a page that slept through midnight knows it when one comes back', async (scene) => {
  const { ada, bob, midnight } = await spoken(scene);
  const adas = await scene.seated(ada, { clock: midnight - HOUR_MS });
  await adas.open(bob.name);
  await says(adas, bob, texts.time.today);
  await adas.page.clock.setSystemTime(midnight + HOUR_MS); // no timer rings
  await adas.look();
  await says(adas, bob, texts.time.yesterday);
});

for (const [how, skew] of [['an hour slow', -HOUR_MS], ['an hour fast', HOUR_MS]])
  scene(`a clock that is ${how}: the bot thinks until it answers, and not longer`, async (scene) => {
    const ada = await scene.newcomer('Ada');
    const adas = await scene.seated(ada, { hears: true, clock: Date.now() + skew });
    await adas.openBot();
    const thinking = adas.page.locator('.thinking');
    await adas.page.evaluate(() => {
      window.beforeFrame = (text) => {
        const { type, messages } = JSON.parse(text);
        return type === 'bot_chat_message' && messages.some((message) => !message.is_user);
      };
    });
    await adas.write(texts.bot.name, 'What can you do?');
    await adas.sent();
    await adas.said('What can you do?').waitFor(); // with the server's time
    await thinking.getByText(texts.bot.thinking).waitFor({ state: 'attached' });
    await adas.page.clock.fastForward(9000);
    await thinking.getByText(texts.bot.slow).waitFor();
    await adas.letGo();
    await until(async () => (await adas.rows.count()) === 2, 'the answer');
    await thinking.locator('.bubble').waitFor({ state: 'detached' });
  });
