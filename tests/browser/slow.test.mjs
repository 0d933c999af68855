// A server that does not answer: after a few seconds one is told, and can ask again.

import { texts } from '../../web/texts.js';
import { scene } from './support/scenes.mjs';

scene('a conversation that takes long says so, and is there when it is asked for again', async (scene) => {
  const ada = await scene.newcomer('Ada');
  const line = await scene.proxy();
  const adas = await scene.seated(ada, { through: line });
  line.holdBack();
  await adas.openBot();
  const note = adas.page.locator('.messages-place .slow');
  await note.getByText(texts.slow).waitFor();
  line.letGo();
  await adas.button(texts.tryAgain, note).click({ timeout: 2000 }).catch(() => {}); // it may have come already
  await adas.text(texts.bot.emptyTitle).waitFor();
  await note.getByText(texts.slow).waitFor({ state: 'detached' });
});
