// stack.mjs: the whole real stack, started by scripts/run.sh in a folder of its own on a free port.
//
// Like tests/integration/support/stack.py. STACK_ROOT: another source tree, with its own build, than this file's.

import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { until } from './waiting.mjs';

const ROOT = process.env.STACK_ROOT ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const START_DEADLINE_S = 180;
const STOP_DEADLINE_S = 60;
// Waits that are not the point of a test are shorter than the defaults, rates that are not are wider.
const QUICK = {
  AUTH_RATE_PER_MINUTE: 100000,
  AUTH_BURST: 1000,
  API_RATE_PER_SECOND: 2000,
  API_BURST: 5000,
  PARLOR_MAIL_POLL_MS: 100,
  PARLOR_SOCKET_OFFLINE_GRACE_MS: 1500,
  PARLOR_LIMITS_MESSAGES_PER_SECOND: 2000,
  PARLOR_LIMITS_MESSAGE_BURST: 5000,
};

export class Stack {
  #options;
  #process = null;

  /** `options`: environment variables over QUICK. */
  constructor(options = {}) {
    this.#options = { ...QUICK, ...options };
  }

  async start() {
    this.folder = await mkdtemp(join(tmpdir(), 'plw'));
    await chmod(this.folder, 0o755);
    this.var = join(this.folder, 'v');
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    await this.#launch();
    const ready = `Parlor is ready at ${this.url}`;
    try {
      await until(async () => (await this.output()).includes(ready) || this.#mustRun(), 'the stack', START_DEADLINE_S);
    } catch (error) {
      const output = await this.output(); // gone with the folder
      await this.stop();
      throw new Error(`${error.message}\n${output}`);
    }
    return this;
  }

  async #launch() {
    const clean = Object.entries(process.env).filter(([name]) => !/^(PARLOR_|AUTH_|API_|MAKE|MFLAGS|NODE_)/.test(name));
    const environment = { ...Object.fromEntries(clean), ...this.#options, VAR: this.var, PORT: this.port };
    const output = await open(join(this.folder, 'output'), 'w');
    this.#process = spawn(join(ROOT, 'scripts', 'run.sh'), [], {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', output.fd, output.fd],
      detached: true,
    });
    await output.close();
    process.once('exit', this.#atExit);
  }

  // Should the tests end in disorder: run.sh stops everything by itself.
  #atExit = () => this.#running() && this.#process.kill('SIGINT');

  #running() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  #mustRun() {
    if (!this.#running()) throw new Error('run.sh has ended');
    return false;
  }

  output() {
    return readFile(join(this.folder, 'output'), 'utf8').catch(() => '');
  }

  /** Ctrl-C, and nothing is left behind. */
  async stop() {
    if (this.#running()) this.#process.kill('SIGINT');
    await until(() => !this.#running(), 'the end of run.sh', STOP_DEADLINE_S);
    process.removeListener('exit', this.#atExit);
    await rm(this.folder, { recursive: true, force: true });
  }

  // ---- parts: mariadb, wsd, fcgi-auth, fcgi-api, nginx

  async pid(part) {
    const text = await readFile(join(this.var, 'services', part, 'supervise', 'pid'), 'utf8');
    return text.trim() === '' ? null : Number(text);
  }

  /** Signals the supervised process. */
  async kill(part, signal = 'SIGKILL') {
    process.kill(await this.pid(part), signal);
  }

  // ---- database and mail

  /** Rows of the last statement, as arrays of text. */
  sql(statements) {
    return this.#mariadb('root', statements);
  }

  /** What an administrator does, with the account that he has: CALL procedure(values). Rejects with what he is told. */
  async call(procedure, ...values) {
    const password = (await readFile(join(this.var, 'etc', 'password.ADMIN'), 'utf8')).trim();
    const statement = `CALL ${procedure}(${values.map(quoted).join(', ')})`;
    return this.#mariadb('parlor_admin', statement, { ...process.env, MYSQL_PWD: password });
  }

  #mariadb(user, statements, env = process.env) {
    const socket = join(this.var, 'run', 'mariadb.sock');
    const options = ['--no-defaults', `--socket=${socket}`, `--user=${user}`, '--batch', '--skip-column-names'];
    options.push('--default-character-set=utf8mb4', 'parlor');
    return new Promise((resolve, reject) => {
      const child = execFile('mariadb', options, { env, maxBuffer: 1 << 28 }, (error, out, problem) => {
        if (error) reject(new Error(problem || error.message));
        else resolve(out.split('\n').filter(Boolean).map((line) => line.split('\t')));
      });
      child.stdin.end(statements);
    });
  }

  /** The path of the newest registration link that was mailed to this address. */
  async registrationLink(email) {
    const folder = join(this.var, 'mail');
    return until(async () => {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml'));
      const mails = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      const mail = mails.find((text) => text.toLowerCase().includes(email));
      return mail && /\/http\/register\/[A-Za-z0-9_-]+/.exec(plainText(mail))?.[0];
    }, `a mail to ${email}`);
  }
}

/** A literal of SQL: a number, TRUE, FALSE, NULL, a text. */
function quoted(value) {
  if (typeof value !== 'string') return String(value).toUpperCase();
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

// Whatever encoding the mailer has chosen for the text.
function plainText(mail) {
  const softBreaksJoined = mail.replace(/=\r?\n/g, '').replace(/=3D/g, '=');
  const blocks = mail.match(/^(?:[A-Za-z0-9+/=]{4,76}\r?\n)+/gm) ?? [];
  return [softBreaksJoined, ...blocks.map((block) => Buffer.from(block, 'base64').toString())].join('\n');
}

// Below the range from which the kernel takes ports for whoever connects: nobody gets it before it is listened to.
async function freePort() {
  const port = 10000 + Math.floor(Math.random() * 22000);
  const probe = createServer();
  const isFree = await new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
