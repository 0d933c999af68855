// The talk with the bot.

import assert from 'node:assert/strict';

import { settled, texts } from './support/people.mjs';
import { scene } from './support/scenes.mjs';

scene('ask the bot: question and answer, also in the other tab', async (scene) => {
  const ada = await scene.person('Ada');
  const tab = await scene.signedIn((await ada.profile()).email);
  const pair = [ada, tab].map((client) => client.conversation({ bot: true }));
  await Promise.all(pair.map((conversation) => conversation.load()));
  assert.deepEqual([pair[0].key, pair[0].messages.length], ['bot', 0]);
  pair[0].send('What time is it?');
  await Promise.all(pair.map((conversation) => settled(conversation, 2)));
  assert.deepEqual(pair[1].messages, pair[0].messages);
  const [question, answer] = pair[0].messages;
  assert.deepEqual([question.seq, question.user_id, question.message], [1, ada.userId, 'What time is it?']);
  assert.deepEqual([answer.seq, answer.user_id], [2, 0]);
  assert.ok(answer.message.length > 0 && !('is_user' in answer));
  await pair[0].markRead();
});

scene('several questions at once, then the history', async (scene) => {
  const ada = await scene.person('Ada');
  const bot = ada.conversation({ bot: true });
  await bot.load();
  for (let n = 0; n < 60; n += 1) {
    bot.send(`question ${n}`);
    if (n % 3 === 2) await settled(bot, 2 * (n + 1));
  }
  assert.deepEqual(bot.messages.map((message) => message.seq), Array.from({ length: 120 }, (_, n) => n + 1));
  const asked = bot.messages.filter((message) => message.user_id === ada.userId).map((message) => message.message);
  assert.deepEqual(asked, Array.from({ length: 60 }, (_, n) => `question ${n}`));

  const fresh = await scene.signedIn((await ada.profile()).email);
  const later = fresh.conversation({ bot: true });
  await later.load();
  assert.deepEqual([later.messages.length, later.hasOlder], [100, true]);
  await later.loadOlder();
  assert.deepEqual(texts(later), texts(bot));
  assert.deepEqual(later.messages, bot.messages);
});
