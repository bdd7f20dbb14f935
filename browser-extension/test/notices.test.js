import assert from 'node:assert/strict';
import test from 'node:test';
import { notifyEnd, watchNotices } from '../notices.js';

/** The two parts of the browser that are used; `allowed`: the permission was given already. */
function browser(allowed) {
  const shown = new Map();
  const clicked = new Set();
  const added = new Set();
  const notifications = {
    create: (name, what) => shown.set(name, what),
    clear: name => shown.delete(name),
    onClicked: { addListener: listener => clicked.add(listener) },
  };
  globalThis.chrome = /** @type {any} */ ({
    notifications: allowed ? notifications : undefined,
    permissions: { onAdded: { addListener: listener => added.add(listener) } },
    runtime: { getURL: path => path },
    i18n: { getMessage: name => name },
  });
  return {
    shown,
    click: name => clicked.forEach(listener => listener(name)),
    allow() {
      chrome.notifications = /** @type {any} */ (notifications);
      added.forEach(listener => listener());
    },
  };
}

const task = /** @type {any} */ ({ id: 12, state: 'done', name: 'film.mp4' });

test('a click on a word of the end opens that task, and the word goes', () => {
  const { shown, click } = browser(true);
  const opened = [];
  watchNotices(id => opened.push(id));
  notifyEnd(task);
  assert.equal(shown.get('task-12').message, 'film.mp4');
  click('task-12');
  assert.deepEqual(opened, [12]);
  assert.equal(shown.size, 0);
});

test('one click opens once, also when the permission came later and others after it', () => {
  const { click, allow } = browser(false);
  const opened = [];
  watchNotices(id => opened.push(id));
  notifyEnd(task);
  allow();
  allow();
  click('task-12');
  click('somebody-elses');
  assert.deepEqual(opened, [12]);
});

test('a failure says why', () => {
  const { shown } = browser(true);
  notifyEnd({ ...task, state: 'failed', error: { message: 'The disk is full' } });
  assert.equal(shown.get('task-12').title, 'noticeFailed');
  assert.match(shown.get('task-12').message, /disk is full/);
});
