// all.mjs: every browser test, one after the other in one process, so that they share their stack and their browser:
//
//   node --test --test-reporter=tap tests/browser/all.mjs      (Node 18.19 or newer; playwright-core, axe-core and ws
//                                                               from npm; Debian's chromium; a built Parlor)
//
// A single file works as well: node --test tests/browser/flows-rooms.test.mjs

import './state.test.mjs';
import './flows-people.test.mjs';
import './flows-bot.test.mjs';
import './flows-rooms.test.mjs';
import './flows-groups.test.mjs';
