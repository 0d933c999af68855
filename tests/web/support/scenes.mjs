// scenes.mjs: tests over a stack that all files of one process share. See ../all.mjs.

import { after, test } from 'node:test';

import { Scene } from './people.mjs';
import { Stack } from './stack.mjs';

const stacks = new Map();

after(async () => {
  await Promise.all([...stacks.values()].map(async (stack) => (await stack).stop()));
});

function shared(name, options) {
  if (!stacks.has(name)) stacks.set(name, new Stack(options).start());
  return stacks.get(name);
}

/** A test on the shared stack: `body(scene, stack)`. It leaves the stack healthy. */
export function scene(name, body) {
  test(name, { timeout: 180000 }, async (context) => {
    const stack = await shared('quick', {});
    await body(new Scene(stack, context), stack);
  });
}

/** The same where people may send 20 messages a second, and 10 at once. */
export function strictScene(name, body) {
  test(name, { timeout: 180000 }, async (context) => {
    const options = { PARLOR_LIMITS_MESSAGES_PER_SECOND: 20, PARLOR_LIMITS_MESSAGE_BURST: 10 };
    const stack = await shared('strict', options);
    await body(new Scene(stack, context), stack);
  });
}
