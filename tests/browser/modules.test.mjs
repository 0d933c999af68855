// What the page consists of, without a browser:   node --test tests/browser/modules.test.mjs

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const WEB = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web');
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom '(\.[^']+)'/gm;

/** The files that `file` needs, itself first, as paths below web/. */
async function needs(file, found = new Set()) {
  const path = relative(WEB, file);
  if (found.has(path)) return found;
  found.add(path);
  for (const [, to] of (await readFile(file, 'utf8')).matchAll(IMPORT)) await needs(join(dirname(file), to), found);
  return found;
}

test('index.html asks for all modules at once, and for none that nobody needs', async () => {
  const [, ...modules] = await needs(join(WEB, 'app.js'));
  const page = await readFile(join(WEB, 'index.html'), 'utf8');
  const asked = [...page.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, href]) => href);
  assert.ok(modules.length > 40, 'the imports were found');
  const lines = modules.sort().map((path) => `  <link rel="modulepreload" href="${path}">`);
  assert.deepEqual(asked, modules, `index.html needs these lines:\n${lines.join('\n')}`);
});

test('every module is used', async () => {
  const used = await needs(join(WEB, 'app.js'));
  const all = (await readdir(WEB, { recursive: true })).filter((path) => path.endsWith('.js') && path !== 'start.js');
  assert.deepEqual(all.filter((path) => !used.has(path)), []);
});

test('no text is written twice under one name, where the second would win', async () => {
  const open = [new Set()];
  const twice = [];
  for (const line of (await readFile(join(WEB, 'texts.js'), 'utf8')).split('\n')) {
    const [, indent, name, rest] = /^((?: {2})+)(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const depth = indent.length / 2;
    open.length = depth + 1;
    open[depth] ??= new Set();
    if (open[depth].has(name)) twice.push(line.trim());
    open[depth].add(name);
    if (rest.endsWith('{')) open[depth + 1] = new Set();
  }
  assert.ok(open[1].has('errors'), 'the names were found');
  assert.deepEqual(twice, []);
});
