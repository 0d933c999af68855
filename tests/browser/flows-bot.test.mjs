// The protocol's flows about the bot, as people do them in the page: 4 enter the bot chat, 5 message with the bot.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { settled } from '../web/support/people.mjs';
import { until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

scene('flow 4, enter the bot chat: what was said is there, older ones come on scrolling up', async (scene, stack) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(ada.email);
  const chat = client.conversation({ bot: true });
  await chat.load();
  chat.send('What can you do?');
  await settled(chat, 2);
  const [[id]] = await stack.sql(`SELECT id FROM bot_chats WHERE user_id = ${ada.user_id}`);
  await scene.history(id, [ada.user_id, 0], 250);
  const adas = await scene.seated(ada);
  await adas.openBot();
  await adas.said('message 250').waitFor();
  const first = await adas.rows.count();
  assert.ok(first >= 100 && first < 252, `${first} at first`);
  await until(async () => {
    await adas.rows.first().scrollIntoViewIfNeeded();
    return (await adas.rows.count()) === 252;
  }, 'the oldest');
  await adas.text(texts.conversation.beginning).waitFor();
  assert.equal((await adas.texts())[0], 'What can you do?');
  const bobs = await scene.seated(bob);
  await bobs.openBot();
  await bobs.text(texts.bot.emptyTitle).waitFor();
  assert.equal(await bobs.rows.count(), 0, 'nothing of what Ada said');
});

scene('flow 5, message with the bot: question and answer, in all of my windows and nobody else’s', async (scene) => {
  const [[ada, adas], [, bobs]] = await scene.people('Ada', 'Bob');
  const second = await scene.seated(ada);
  for (const seat of [adas, second, bobs]) await seat.openBot();
  await adas.button(texts.bot.examples[0]).click();
  await until(async () => (await adas.texts()).length === 2, 'the answer');
  await adas.write(texts.bot.name, 'one more thing', 'and another');
  await until(async () => (await adas.texts()).length === 6, 'all answers');
  await adas.sent();
  const all = await adas.texts();
  assert.deepEqual([all[0], all.filter((text) => text === 'one more thing').length], [texts.bot.examples[0], 1]);
  await second.reads(all);
  assert.equal(await adas.page.getByText(texts.bot.thinking).count(), 0);
  await bobs.write(texts.bot.name, 'only mine');
  await until(async () => (await bobs.texts()).length === 2, "Bob's answer");
  assert.equal((await bobs.texts())[0], 'only mine');
  assert.equal((await adas.texts()).length, 6);
});
