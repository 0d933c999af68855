// all.mjs: every test of the client module, one after the other in one process, so that they share their stacks:
//
//   node --test --test-reporter=tap tests/web/all.mjs      (Node 18.19 or newer; `ws` from npm; a built Parlor)
//
// A single file works as well: node --test tests/web/rooms.test.mjs

import './pure.test.mjs';
import './socket.test.mjs';
import './conversation.test.mjs';
import './excerpt.test.mjs';
import './removed.test.mjs';
import './presence.test.mjs';
import './session.test.mjs';
import './rooms.test.mjs';
import './groups.test.mjs';
import './quiet.test.mjs';
import './bot.test.mjs';
import './sending.test.mjs';
import './breaks.test.mjs';
import './docs.test.mjs';
