// The popup: what this page offers, what runs, and the history that a search finds.
import { curvePath } from '../rate_curve.js';
import { rateText } from '../format.js';
import { Client } from '../ui/client.js';
import { el, icon, localize, syncList, text } from '../ui/dom.js';
import { offerRow } from './offer_row.js';
import { taskRow } from './task_row.js';

const kRecent = 5;
const byId = id => /** @type {any} */ (document.getElementById(id));
/** @type {any} */
let state = null;
/** @type {import('../types').Task[] | null} what a search found */
let found = null;

const client = new Client(next => {
  state = next;
  draw();
});

function draw() {
  if (!state) return;
  const { phase, problem } = state.connection;
  byId('connection').dataset.phase = phase;
  byId('connection').textContent = text(
    { ready: 'stateReady', opening: 'stateOpening', waiting: 'stateWaiting', closed: 'stateClosed' }[phase],
  );
  drawTrouble(state.notice ?? (phase === 'waiting' ? problem : null));
  syncList(
    byId('offers'),
    state.offers,
    offer => offer.id,
    offer => offerRow(offer, actions),
  );
  byId('no-offers').classList.toggle('hidden', state.offers.length > 0 || state.pieces > 0);
  byId('pieces').classList.toggle('hidden', !state.pieces);
  byId('pieces').querySelector('p').textContent = state.pieces ? text('popupPieces', state.pieces) : '';
  const shown = found ? found.map(task => state.tasks.find(one => one.id === task.id) ?? task) : recent(state.tasks);
  syncList(
    byId('tasks'),
    shown,
    task => String(task.id),
    task => taskRow(task, actions),
  );
  byId('no-tasks').classList.toggle('hidden', shown.length > 0);
  byId('no-tasks').textContent = text(found ? 'popupNotFound' : 'popupNoTasks');
  drawCurve();
}

/** All that is under way, and what ended last. */
function recent(tasks) {
  const newest = [...tasks].sort((a, b) => b.id - a.id);
  const active = newest.filter(task => ['waiting', 'running', 'choosing'].includes(task.state));
  return [...active, ...newest.filter(task => !active.includes(task)).slice(0, kRecent)];
}

function drawTrouble(problem) {
  const place = byId('trouble');
  const key = problem ? JSON.stringify(problem) : '';
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.classList.toggle('hidden', !problem);
  if (!problem) return;
  place.replaceChildren(
    icon('problem'),
    el(
      'div',
      null,
      el('p', null, problem.message),
      problem.hint && el('p', { className: 'small' }, problem.hint),
      el(
        'button',
        { type: 'button', on: { click: () => client.act(state.notice ? 'dismiss' : 'connect').catch(() => {}) } },
        text(state.notice ? 'popupDismiss' : 'popupTryAgain'),
      ),
    ),
  );
}

function drawCurve() {
  const samples = state.samples ?? [];
  const rate = state.tasks.reduce((sum, task) => sum + (['running', 'waiting'].includes(task.state) ? task.rateDown : 0), 0);
  const line = rate > 0 ? curvePath(samples, 96, 23) : '';
  byId('curve').querySelector('.line').setAttribute('d', line);
  byId('curve')
    .querySelector('.area')
    .setAttribute('d', line ? `${line}V24H${/^M([\d.]+)/.exec(line)?.[1]}Z` : '');
  byId('rate').textContent = rate > 0 ? rateText(rate) : '';
}

/** What rows ask for; a failure is said where people look for it. */
const actions = {
  take: id => run(client.act('take', { tab: client.tab, id })),
  choose: (id, index) => run(client.act('choose', { id, index })),
  call: (method, params) => run(client.call(method, params)),
  giveBack: id => run(client.act('giveBack', { id })),
};

async function run(doing) {
  try {
    await doing;
    return true;
  } catch (problem) {
    state.notice = problem;
    byId('spoken').textContent = problem.message;
    drawTrouble(problem);
    return false;
  }
}

async function search() {
  const words = byId('search').value.trim();
  if (!words) {
    found = null;
    return draw();
  }
  try {
    const answer = await client.call('task.history', { search: words, limit: 30 });
    if (words === byId('search').value.trim()) found = answer.tasks;
  } catch {
    found = (state?.tasks ?? []).filter(task => task.name.toLowerCase().includes(words.toLowerCase()));
  }
  draw();
}

localize();
byId('settings').append(icon('settings'));
byId('settings').addEventListener('click', () => chrome.runtime.openOptionsPage().then(() => close()));
byId('pieces')
  .querySelector('button')
  .addEventListener('click', () => run(client.act('pieces', { tab: client.tab })));
byId('search').addEventListener('input', search);
// The popup is about the tab beside it; opened in a tab of its own it is told which.
const named = Number(new URLSearchParams(location.search).get('tab'));
const tab = named ? await chrome.tabs.get(named) : (await chrome.tabs.query({ active: true, currentWindow: true }))[0];
if (tab?.id !== undefined) client.about(tab.id, tab.incognito);
