// What administrators remove, as one sees it: messages, groups, people.

import { texts } from '../../web/texts.js';
import { scene } from './support/scenes.mjs';

scene('a removed message, a removed group, an erased user', async (scene) => {
  const [ada, bob] = [await scene.newcomer('Ada'), await scene.newcomer('Bob')];
  const client = await scene.signedIn(bob.email);
  const { chat_group_id, name } = await client.createGroup(`Gone of ${bob.first}`);
  const adas = await scene.seated(ada, { hears: true });
  await adas.open(name);
  await adas.say({ type: 'group_removed', chat_group_id });
  await adas.heading(texts.conversation.groupRemoved(name)).waitFor();
  await adas.item(name).waitFor({ state: 'detached' });
  await adas.open(bob.name);
  const room = client.conversation({ user_id: ada.user_id });
  await room.load();
  room.send('regrettable');
  await adas.said('regrettable').waitFor();
  const frame = { type: 'message_removed', chat_type: 'room', chat_room_id: room.chat_room_id, seq: 1 };
  await adas.say({ ...frame, timestamp: room.messages[0].timestamp });
  await adas.said(texts.conversation.removed).waitFor();
  await adas.text('regrettable').waitFor({ state: 'detached' });
  await adas.say({ type: 'user_removed', user_id: bob.user_id });
  await adas.heading(texts.deletedUser).waitFor();
  await adas.text(texts.conversation.deletedHint).waitFor();
});
