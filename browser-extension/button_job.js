// What a button on a player shows of its task. Pure.
import { fraction } from './format.js';
import { qualitiesOf } from './choices.js';
import { isHeld } from './task_feed.js';

/** @param {string} token @param {import('./types').Task | undefined} task */
export function buttonJob(token, task) {
  if (!task) return { token, state: 'added', fraction: -1 };
  const state =
    task.state === 'waiting'
      ? isHeld(task)
        ? 'held'
        : task.done > 0
          ? 'running'
          : 'added'
      : task.state === 'sharing'
        ? 'done'
        : task.state;
  return {
    token,
    state,
    fraction: fraction(task),
    ...(state === 'choosing' && { qualities: qualitiesOf(task.choices).map(({ label }) => ({ label })) }),
    ...(task.error && { message: task.error.message, hint: task.error.hint }),
  };
}
