// One download, with what can be done about it.
import { fraction, rateText, sizeText, timeText } from '../format.js';
import { isActive, isHeld } from '../task_feed.js';
import { el, iconButton, text } from '../ui/dom.js';

export function taskRow(task, actions) {
  let current = task;
  const ids = () => ({ ids: [current.id] });
  const title = el('div', { className: 'title' });
  const bar = el('div', { className: 'bar', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' }, el('div'));
  const status = el('p', { className: 'status small soft number' });
  const hint = el('p', { className: 'hint small soft' });
  const choices = el('div', { className: 'choices' });
  const buttons = {
    pause: iconButton('pause', text('taskPause'), () => actions.call('task.pause', ids())),
    resume: iconButton('resume', text('taskResume'), () => actions.call('task.resume', ids())),
    retry: iconButton('retry', text('taskRetry'), () => actions.call('task.restart', ids())),
    folder: iconButton('folder', text('taskFolder'), () => actions.call('host.open', { id: current.id })),
    back: iconButton('back', text('taskGiveBack'), () => actions.giveBack(current.id)),
    cancel: iconButton('cancel', text('taskCancel'), () =>
      actions.call('task.remove', { ...ids(), files: isActive(current) ? 'delete' : 'keep' }),
    ),
  };
  const root = el(
    'li',
    { className: 'task', 'data-task': String(task.id) },
    title,
    el('div', { className: 'actions' }, ...Object.values(buttons)),
    bar,
    status,
    hint,
    choices,
  );

  function update(next) {
    current = next;
    const held = isHeld(next);
    const done = next.state === 'done' || next.state === 'sharing';
    root.dataset.state = done ? 'done' : next.state;
    title.textContent = next.name;
    title.title = next.path;
    const part = fraction(next);
    bar.classList.toggle('hidden', !isActive(next) || next.state === 'choosing');
    bar.classList.toggle('unknown', part < 0 && next.state === 'running');
    bar.firstElementChild.style.width = part >= 0 ? `${part * 100}%` : next.state === 'running' ? '' : '0';
    if (part >= 0) bar.setAttribute('aria-valuenow', String(Math.floor(part * 100)));
    else bar.removeAttribute('aria-valuenow');
    bar.setAttribute('aria-label', next.name);
    status.textContent = statusOf(next, held, part);
    const remedy = next.state === 'failed' ? (next.error?.hint ?? '') : '';
    hint.textContent = remedy;
    hint.classList.toggle('hidden', !remedy);
    drawChoices(next);
    const shown = {
      pause: isActive(next) && !held && next.state !== 'choosing',
      resume: held,
      retry: next.state === 'failed',
      folder: done,
      back: Boolean(next.takenOver) && !done,
      cancel: true,
    };
    for (const [name, button] of Object.entries(buttons)) button.classList.toggle('hidden', !shown[name]);
    const label = text(isActive(next) ? 'taskCancel' : 'taskForget');
    buttons.cancel.title = label;
    buttons.cancel.setAttribute('aria-label', `${label}: ${next.name}`);
  }

  function drawChoices(next) {
    const labels = next.state === 'choosing' ? (next.qualities ?? []) : [];
    choices.classList.toggle('hidden', !labels.length);
    if (choices.dataset.key === labels.join()) return;
    choices.dataset.key = labels.join();
    choices.replaceChildren(
      ...labels.map((label, index) =>
        el('button', { type: 'button', on: { click: () => actions.choose(next.id, index) } }, label),
      ),
    );
  }

  return { root, update };
}

/** One line of plain words about where a task stands. */
function statusOf(task, held, part) {
  const done = sizeText(task.done);
  const amount = task.size > 0 ? text('taskOf', done, sizeText(task.size)) : task.done > 0 ? done : '';
  const percent = part >= 0 ? `${Math.floor(part * 100)} %` : '';
  switch (task.state) {
    case 'done':
    case 'sharing':
      return [text('taskDone'), sizeText(task.size ?? task.done)].filter(Boolean).join(' · ');
    case 'failed':
      return task.error?.message ?? text('buttonFailed');
    case 'choosing':
      return text('taskChoosing');
    case 'running':
      return [percent, amount, rateText(task.rateDown), task.eta ? text('taskLeft', timeText(task.eta)) : task.phase]
        .filter(Boolean)
        .join(' · ');
    default: {
      const why = held ? text('taskPaused') : task.holds?.[0]?.reason || task.error?.message || text('taskWaiting');
      return [why, percent, amount].filter(Boolean).join(' · ');
    }
  }
}
