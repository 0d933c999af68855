// How the page begins: in how many rounds it is there, and what it says when something of it does not come.

import assert from 'node:assert/strict';

import { texts } from '../../web/texts.js';
import { pause, until } from '../web/support/waiting.mjs';
import { scene } from './support/scenes.mjs';

const CALM_MS = 1000; // so long nothing new is asked for: the round is complete

/** Answers nothing until nothing more is asked for, then all of it, and so on until `isThere()`: requests a round. */
async function countRounds(seat, isThere) {
  const { page } = seat;
  const waiting = [];
  await page.goto('about:blank');
  await page.route('**/*', (route) => void waiting.push(route));
  const coming = seat.goto();
  const rounds = [];
  const goesOn = async () => waiting.length > 0 || (rounds.length > 0 && (await isThere()));
  while ((await until(goesOn, 'the next round')) && waiting.length > 0) {
    for (let seen = 0; seen !== waiting.length; await pause(CALM_MS)) seen = waiting.length;
    rounds.push(waiting.length);
    await Promise.all(waiting.splice(0).map((route) => route.continue()));
  }
  await page.unroute('**/*');
  await coming;
  return rounds;
}

// What a slow line costs is the rounds, and what a loopback costs is the work: only the former can be judged anywhere.
scene('the first view needs two rounds: the page, and everything it names', async (scene) => {
  const seat = await scene.seat('a first visitor');
  await seat.goto();
  await seat.heading(texts.sign.in).waitFor();
  const times = [];
  for (let n = 0; n < 3; n += 1) {
    const began = Date.now();
    await seat.page.reload();
    await seat.heading(texts.sign.in).waitFor();
    times.push(Date.now() - began);
  }
  scene.note(`the first view after ${Math.min(...times)} ms, of three`);
  const rounds = await countRounds(seat, () => seat.heading(texts.sign.in).isVisible());
  scene.note(`requests in each round: ${rounds}`);
  assert.ok(rounds[0] + rounds[1] > 50, `the requests were counted: ${rounds}`);
  assert.ok(rounds.length <= 3, `rounds: ${rounds}`); // the icon may come later
});

scene('a module that does not come: the page says so, and can be loaded again', async (scene) => {
  const seat = await scene.seat('a visitor');
  await seat.page.route('**/views/rows.js', (route) => route.abort());
  await seat.goto('#/signup');
  await seat.page.getByRole('alert').getByText('could not be loaded').waitFor();
  await seat.page.unroute('**/views/rows.js');
  await seat.button('Load it again').click();
  await seat.heading(texts.sign.up).waitFor();
  assert.equal(await seat.page.getByText('could not be loaded').count(), 0);
});

scene('a list that does not come: the page says so, and shows it when it does', async (scene) => {
  const ada = await scene.newcomer('Ada');
  const seat = await scene.seat(ada.name);
  const problem = { status: 503, contentType: 'application/problem+json', body: '{"code":"unavailable"}' };
  let refused = 0;
  await seat.page.route('**/http/users', async (route) => {
    refused += 1;
    await route.fulfill(problem);
  });
  await seat.goto();
  await seat.fillSignIn(ada.email);
  await until(() => refused > 0, 'the request');
  await seat.sidebar.getByText(texts.list.loadFailed).waitFor();
  await seat.page.unroute('**/http/users');
  await seat.item(texts.bot.name).waitFor();
  assert.equal(await seat.sidebar.getByText(texts.list.loadFailed).count(), 0);
});
