// What the page says, without a browser: times, numbers, links.   node --test tests/browser/said.test.mjs

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { linkParts } from '../../web/state/text.js';
import { dateOf, lastActivity } from '../../web/state/time.js';
import { texts } from '../../web/texts.js';

const VIEWS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web', 'views');

test('a link with a name or a password in it is no link', () => {
  for (const text of ['http://user:pw@evil.example/', 'https://bank.example@evil.example', 'https://a:@evil.example'])
    assert.deepEqual(linkParts(text), [{ text }]);
  assert.equal(linkParts('https://example.org/@ada')[0].href, 'https://example.org/@ada');
});

test('days have their year where it is not this one', () => {
  const now = new Date(2026, 10, 22);
  assert.equal(lastActivity(new Date(2026, 10, 3, 12).toISOString(), now), '3 Nov');
  assert.equal(lastActivity(new Date(2025, 10, 3, 12).toISOString(), now), '3 Nov 2025');
  assert.equal(dateOf(new Date(2025, 10, 3, 12).toISOString()), '3 November 2025');
});

test('large numbers are written as the language does', () => {
  assert.deepEqual([1, 99, 100, 5000].map(texts.badge), ['1', '99', '99+', '99+']);
  assert.deepEqual([texts.title('', 0), texts.title('Ada', 120)], ['Parlor', '(99+) Ada · Parlor']);
  assert.equal(texts.people.count(2000, 1024), '2,000 people, 1,024 online');
  assert.equal(texts.group.counts(2000, 1024), '2,000 members, 1,024 here now');
});

test('no view puts sentences together by itself', async () => {
  const found = [];
  for (const name of await readdir(VIEWS))
    for (const line of (await readFile(join(VIEWS, name), 'utf8')).split('\n'))
      if (/' · '|'\d+\+'|, \$\{(?!\s*\n)[^}]*texts|\(\$\{texts/.test(line) && !/^\s*(\/\/|\*|import)/.test(line))
        if (!/\w+=\$|html`<\$\{/.test(line)) found.push(`${name}: ${line.trim()}`);
  assert.deepEqual(found, []);
});
