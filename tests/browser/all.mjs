// all.mjs: every browser test, one after the other in one process, so that they share their stack and their browser:
//
//   node --test --test-reporter=tap tests/browser/all.mjs      (Node 18.19 or newer; playwright-core, axe-core and ws
//                                                               from npm; Debian's chromium; a built Parlor)
//
// A single file works as well: node --test tests/browser/flows-rooms.test.mjs. All: under three minutes on two cores.
// Comments in the output (#) give figures; times are not judged, but for long tasks (history.test.mjs). What a failed
// test leaves is in build/browser.

import './state.test.mjs';
import './modules.test.mjs';
import './said.test.mjs';
import './start.test.mjs';
import './flows-people.test.mjs';
import './flows-bot.test.mjs';
import './flows-rooms.test.mjs';
import './flows-groups.test.mjs';
import './breaks.test.mjs';
import './tabs.test.mjs';
import './clock.test.mjs';
import './glance.test.mjs';
import './literal.test.mjs';
import './reading.test.mjs';
import './history.test.mjs';
import './unread.test.mjs';
import './removed.test.mjs';
import './administration.test.mjs';
import './slow.test.mjs';
import './phone.test.mjs';
import './keyboard.test.mjs';
import './ways.test.mjs';
import './sight.test.mjs';
import './access.test.mjs';
import './weight.test.mjs';
