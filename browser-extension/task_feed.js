// What the daemon says of this browser's tasks: a snapshot, then deltas. The background owns one; no I/O of its own.

/** @typedef {import('./types').Task} Task */

const kActive = new Set(['waiting', 'running', 'choosing']);
const kMostEnded = 200;

export const isActive = task => kActive.has(task.state);
export const isHeld = task => task.holds?.some(hold => hold.owner === 'user') ?? false;

export class TaskFeed {
  constructor() {
    /** @type {Map<number, Task>} */
    this.tasks = new Map();
    /** @type {number | null} */
    this.sequence = null;
    /** @type {Map<number, Task['choices']>} what a choosing task offers, once it was asked for */
    this.choices = new Map();
  }

  /** For the next life of the worker: the number and what it stands for belong together. */
  kept() {
    return { sequence: this.sequence, tasks: [...this.tasks.values()], choices: [...this.choices].filter(([, choices]) => choices) };
  }

  restore({ sequence, tasks, choices }) {
    this.sequence = sequence;
    this.tasks = new Map(tasks.map(task => [task.id, task]));
    this.choices = new Map(choices);
  }

  /** The answer to events.subscribe. Returns the tasks that ended meanwhile. */
  begin({ sequence, tasks, resumed }) {
    const before = this.tasks;
    if (!resumed) {
      this.tasks = new Map();
      for (const task of tasks) this.tasks.set(task.id, task);
    }
    this.sequence = sequence;
    this.#forgetOld();
    return resumed
      ? []
      : [...this.tasks.values()].filter(task => !isActive(task) && before.has(task.id) && isActive(before.get(task.id)));
  }

  /**
   * An events.delta. Returns the tasks that it ended.
   * @param {{sequence?: number, tasks?: Task[], removed?: number[]}} delta
   */
  apply({ sequence, tasks = [], removed = [] }) {
    const ended = [];
    for (const task of tasks) {
      const before = this.tasks.get(task.id);
      if (!isActive(task) && (!before || isActive(before))) ended.push(task);
      this.tasks.delete(task.id);
      this.tasks.set(task.id, task);
    }
    for (const id of removed) this.tasks.delete(id);
    for (const id of this.choices.keys()) if (this.tasks.get(id)?.state !== 'choosing') this.choices.delete(id);
    if (sequence !== undefined) this.sequence = sequence;
    this.#forgetOld();
    return ended;
  }

  active() {
    return [...this.tasks.values()].filter(isActive);
  }

  rate() {
    return this.active().reduce((sum, task) => sum + (task.rateDown || 0), 0);
  }

  #forgetOld() {
    const ended = [...this.tasks.values()].filter(task => !isActive(task)).sort((a, b) => a.id - b.id);
    for (const task of ended.slice(0, Math.max(0, ended.length - kMostEnded))) this.tasks.delete(task.id);
  }
}

/**
 * Has the daemon got this download, so that the browser may let go of it? Told by what only a reply of the server brings.
 * @param {Task} task @returns {'yes' | 'no' | 'wait'}
 */
export function hasTaken(task) {
  if (task.state === 'done') return 'yes';
  if (task.state === 'failed' || isHeld(task)) return 'no';
  return task.size !== null || task.done > 0 ? 'yes' : 'wait';
}
