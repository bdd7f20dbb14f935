// What a button on a player shows of its task. Pure.
import { qualitiesOf } from './choices.js';
import { fraction } from './format.js';
import { isHeld } from './task_feed.js';

/** @param {string} token @param {import('./types').Task | undefined} task */
export function buttonJob(token, task) {
  if (!task) return { token, state: 'added', fraction: -1 };
  const qualities = task.state === 'choosing' ? qualitiesOf(task.choices).map(({ label }) => ({ label })) : [];
  return {
    token,
    state: stateOf(task, qualities),
    fraction: fraction(task),
    ...(qualities.length && { qualities }),
    ...(task.error && { message: task.error.message, hint: task.error.hint }),
  };
}

/** Until it is known what there is to choose, nothing is asked. */
function stateOf(task, qualities) {
  switch (task.state) {
    case 'sharing':
      return 'done';
    case 'choosing':
      return qualities.length ? 'choosing' : 'added';
    case 'waiting':
      return isHeld(task) ? 'held' : task.done > 0 ? 'running' : 'added';
    default:
      return task.state;
  }
}
