// look-seed.mjs: fills an empty stack with people who have talked for some days. Used by look.mjs.
//
// Everything goes by HTTP, as people do it; only then are the older messages dated back in the database, since the
// server takes no times from anybody. No emoji: whether they are drawn depends on the machine's fonts.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';

const PASSWORD = 'difference engine no. 2';
const NAMES = [
  'Ada Lovelace',
  'Charles Babbage',
  'Mary Somerville',
  'Grace Hopper',
  'Alan Turing',
  'Emmy Noether-Artin',
  'Katherine Johnson',
  'Edsger Dijkstra',
  'Margaret Hamilton',
  'Sofia Kovalevskaya',
  'Donald Knuth',
  'Hedy Lamarr',
  'Radia Perlman',
  'Dennis Ritchie',
];

class Person {
  constructor(base, name) {
    [this.first_name, this.last_name] = name.split(' ');
    this.email = `${this.first_name.toLowerCase()}@example.org`;
    this.password = PASSWORD;
    this.base = base;
  }

  async call(method, path, body) {
    const headers = { 'Content-Type': 'application/json', ...(this.token && { authentication: this.token }) };
    const answer = await fetch(`${this.base}/http${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  register() {
    const { email, password, first_name, last_name } = this;
    return this.call('POST', '/register', { email, password, first_name, last_name });
  }

  async login() {
    Object.assign(this, await this.call('POST', '/login', { email: this.email, password: this.password }));
  }

  say = (other, message) => this.call('POST', '/chat_rooms', { other_user_id: other.user_id, message });
  group = (id, message) => this.call('POST', `/chat_groups/${id}/messages`, { message });
  enter = (id, is_enter) => this.call('POST', `/chat_groups/${id}`, { is_enter });
  makeGroup = async (name) => (await this.call('POST', '/chat_groups', { name })).chat_group_id;
  connect() {
    this.socket = new WebSocket(`${this.base.replace('http', 'ws')}/socket`);
    this.socket.onopen = () => this.socket.send(JSON.stringify({ token: this.token }));
  }
}

/** The newest mail to each address holds its link. */
async function confirm(people, base, folder) {
  const mails = () =>
    readdirSync(join(folder, 'mail'))
      .filter((name) => name.endsWith('.eml'))
      .map((name) => readFileSync(join(folder, 'mail', name), 'utf8'));
  const links = () => [
    ...new Set(
      mails()
        .join('\n')
        .match(/http:\/\/\S+\/register\/\S+/g) ?? [],
    ),
  ];
  for (let tries = 0; links().length < people.length; tries += 1) {
    if (tries > 100) throw new Error('The mails with the links did not come.');
    await new Promise((done) => setTimeout(done, 100));
  }
  for (const link of links()) await fetch(link);
}

const LINES = [
  [0, 'Have you had the time to read my notes on the engine?'],
  [1, 'Twice. They are three times as long as the paper they explain, and four times as good.'],
  [0, 'Then you will not mind another one :)'],
  [
    0,
    'It is about the numbers of Bernoulli. I think the engine can work them out by itself, without having been told ' +
      'them by a person first.',
  ],
  [1, 'A machine that computes what nobody has told it?'],
  [0, 'Only what we know how to order it to perform. But yes.'],
  [1, 'Write it down, please. All of it.'],
];
const TODAY = [
  [1, 'Good morning, Ada. The drawings came back from the workshop.'],
  [
    1,
    'https://en.wikipedia.org/wiki/Analytical_engine has the general plan, in case you lent yours to somebody again.',
  ],
  [0, 'I did.\nTo three people, actually:\n  – Mary\n  – Sophia\n  – and, er, my mother'],
  [1, 'Of course.'],
  [0, 'How are the tolerances?'],
];
const UNREAD = [
  [1, 'Better than I feared. Two of the forty wheels have to be cut again, the rest runs as quietly as a good clock.'],
  [1, 'Could you come by on Thursday? I should like to show you before the gentlemen of the committee see it.'],
  [1, 'Bring the notes!'],
];
const GROUP = [
  ['grace', 'I have found out why it stopped: there was a moth between the contacts of relay 70.'],
  ['alan', 'An actual moth?'],
  ['grace', 'An actual moth. It is in the log book now, with a strip of tape.'],
  ['ada', 'Please tell me you wrote "first actual case of bug being found".'],
  ['grace', 'Word for word.'],
  ['katherine', 'I have checked the trajectory by hand in the meantime. The machine agrees with me to six places.'],
  ['margaret', 'Then we can go. Priority displays are in; if the radar floods us again, the important jobs survive.'],
  ['alan', 'Can a machine be proud? Asking for a friend.'],
];

async function talk(lines, people) {
  for (const [who, text] of lines) await people[who].say(people[1 - who], text);
}

async function fillGroups({ ada, charles, grace, alan, katherine, margaret, mary, sofia, radia }) {
  const engines = await ada.makeGroup('Analytical engines');
  for (const person of [charles, grace, alan, katherine, margaret, mary]) await person.enter(engines, true);
  const people = { ada, grace, alan, katherine, margaret };
  for (const [who, text] of GROUP) await people[who].group(engines, text);
  for (const person of [charles, alan, katherine, mary]) await person.enter(engines, false);
  const walks = await grace.makeGroup('Walks on Sunday');
  await ada.enter(walks, true);
  await ada.enter(walks, false);
  for (const text of ['Ten o’clock at the north gate?', 'It will not rain. I have computed it.'])
    await grace.group(walks, text);
  const looms = await mary.makeGroup('Looms and punched cards');
  await sofia.enter(looms, true);
  for (const text of ['The cards of the new pattern are ready.', 'How many are there?'])
    await (text.startsWith('The') ? mary : sofia).group(looms, text);
  await radia.makeGroup('Spanning trees');
  return { engines, walks, looms };
}

const longText = () =>
  Array.from(
    { length: 40 },
    (_, i) =>
      `Line ${i + 1}: the engine weaves algebraical patterns just as the Jacquard loom weaves flowers and leaves.`,
  ).join('\n');

async function fillRooms({ ada, charles, mary, grace, alan, hedy }) {
  await talk(LINES, [ada, charles]);
  await talk(TODAY, [ada, charles]);
  await talk(UNREAD, [ada, charles]);
  await talk(
    [
      [0, 'This is what I read out yesterday:'],
      [0, longText()],
      [1, '<script>alert("no")</script> & <b>nothing</b> of this is markup'],
      [1, 'And yet it is all here.'],
    ],
    [ada, mary],
  );
  await talk(
    [
      [0, 'Thank you for the moth!'],
      [1, 'You may keep it.'],
    ],
    [ada, grace],
  );
  await talk([[1, 'Is anybody there?']], [ada, alan]);
  await talk(
    [
      [1, 'Frequencies should hop, don’t you think?'],
      [0, 'Like a piano roll? I like that.'],
    ],
    [ada, hedy],
  );
}

/** The first messages of the long room happened days ago, the middle ones an hour ago. */
function dateBack(folder, ids) {
  const moveRoom = `UPDATE messages m JOIN chat_rooms r ON r.id = m.conversation_id SET m.sent_at_ms = m.sent_at_ms`;
  const room = (other) => `r.user_low = ${Math.min(ids.ada, other)} AND r.user_high = ${Math.max(ids.ada, other)}`;
  const sql = [
    `${moveRoom} - 93600000 WHERE ${room(ids.charles)} AND m.seq <= 4`,
    `${moveRoom} - 93300000 WHERE ${room(ids.charles)} AND m.seq BETWEEN 5 AND ${LINES.length}`,
    `${moveRoom} - 2400000 WHERE ${room(ids.charles)} AND m.seq BETWEEN ${LINES.length + 1} AND ${LINES.length + 3}`,
    `${moveRoom} - 600000 WHERE ${room(ids.charles)} AND m.seq BETWEEN ${LINES.length + 4} AND ${LINES.length + 5}`,
    ...[
      [ids.hedy, 12],
      [ids.grace, 2],
      [ids.alan, 1],
    ].flatMap(([other, days]) => [
      `${moveRoom} - ${days * 86400000} WHERE ${room(other)}`,
      `UPDATE conversations c JOIN chat_rooms r ON r.id = c.id
       SET c.last_sent_at_ms = c.last_sent_at_ms - ${days * 86400000} WHERE ${room(other)}`,
    ]),
  ];
  execFileSync('mariadb', [
    '--no-defaults',
    `--socket=${folder}/run/mariadb.sock`,
    '--user=root',
    'parlor',
    '-e',
    sql.join(';'),
  ]);
}

/** Returns { people: { ada: Person, … }, ids: { ada: 1, … }, groups: { engines, walks, looms } }. */
export async function seed(base, folder) {
  const list = NAMES.map((name) => new Person(base, name));
  for (const person of list) await person.register();
  await confirm(list, base, folder);
  for (const person of list) await person.login();
  const people = Object.fromEntries(list.map((person) => [person.first_name.toLowerCase(), person]));
  for (const name of ['charles', 'grace', 'margaret', 'mary', 'radia']) people[name].connect();
  const groups = await fillGroups(people);
  await fillRooms(people);
  const ids = Object.fromEntries(list.map((person) => [person.first_name.toLowerCase(), person.user_id]));
  dateBack(folder, ids);
  return { people, ids, groups };
}
