// Processes that a test starts, and how they end: by their own ids, whatever happens.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const running = new Set();
const folders = new Set();
process.on('exit', () => {
  running.forEach(pid => kill(pid));
  folders.forEach(folder => rmSync(folder, { recursive: true, force: true }));
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

export function kill(pid, signal = 'SIGKILL') {
  if (signal === 'SIGKILL') running.delete(pid); // its number may be another's soon
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // it is gone
  }
}

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** Asks again and again until there is an answer; the test's own time limit ends it. */
export async function eventually(ask, every = 20) {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    await pause(every);
  }
}

/** Waits until a process that is not our child has ended. */
export const gone = pid => eventually(() => !kill(pid, 0));

/** A process that somebody else starts for us ends with this program at the latest, too. */
export const adopt = pid => running.add(pid);

/** An empty folder; it goes with this program at the latest. */
export function scratch(name) {
  const folder = mkdtempSync(path.join(os.tmpdir(), name));
  folders.add(folder);
  return folder;
}

/** A child whose output is kept for the report of a failure. It ends with this program at the latest. */
export class Child {
  #text = '';

  constructor(program, args, options = {}) {
    this.process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.pid = this.process.pid;
    running.add(this.pid);
    this.ended = once(this.process, 'exit').finally(() => running.delete(this.pid));
    this.ended.catch(() => {});
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', data => { this.#text = (this.#text + data).slice(-20_000); });
    this.process.on('error', error => { this.#text += error; });
  }

  get text() { return this.#text; }
  get over() { return this.process.exitCode !== null || this.process.signalCode !== null; }

  /** Politely, and after `grace` for good. */
  async end(grace = 5000) {
    if (this.over || this.pid === undefined) return;
    this.process.kill('SIGTERM');
    const force = setTimeout(() => this.process.kill('SIGKILL'), grace);
    await this.ended;
    clearTimeout(force);
  }
}

/** Ends a process of ours that is not our child (a daemon that the host started). */
export async function endStranger(pid, grace = 5000) {
  if (!kill(pid, 'SIGTERM')) return void running.delete(pid);
  const force = setTimeout(() => kill(pid), grace);
  await gone(pid);
  running.delete(pid);
  clearTimeout(force);
}
