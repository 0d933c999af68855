// The examples of docs/client.md work: its blocks of JavaScript, one after the other, as one program.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import WebSocket from 'ws';

import { ParlorClient, ParlorError } from '../../web/parlor-client.js';
import { PASSWORD, TabStorage } from './support/people.mjs';
import { scene } from './support/scenes.mjs';
import { until } from './support/waiting.mjs';

const AsyncFunction = (async () => {}).constructor;

scene('the examples of docs/client.md', async (scene, stack) => {
  const page = await readFile(new URL('../../docs/client.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```js\n(.*?)^```/gms)].map((found) => found[1]);
  assert.ok(blocks.length >= 5);
  const program = blocks.join('\n').replace(/^import .*$/gm, '');

  const [bob, { email, user_id }] = [await scene.person('Bob'), await scene.account('Ada')];
  const heard = bob.conversation({ user_id });
  await heard.load();
  const lines = [];
  const names = {
    ParlorClient,
    ParlorError,
    WebSocket,
    origin: stack.url,
    email,
    password: PASSWORD,
    bobsId: bob.userId,
    sessionStorage: new TabStorage(),
    addEventListener: () => {},
    console: { log: (...words) => lines.push(words.join(' ')) },
  };
  const run = new AsyncFunction(...Object.keys(names), `${program}\nreturn client;`);
  const client = await run(...Object.values(names));
  try {
    await until(() => heard.messages.length === 1, 'the message to Bob');
    assert.equal(heard.messages[0].message, 'Shall we begin?');
    assert.ok(lines.some((line) => line.includes('Shall we begin?')), lines.join('\n'));
  } finally {
    client.close();
  }
});
