// All links of a page: filter, choose, look, hand over. What the frames answered lies in the session's storage.
import { sizeText } from '../format.js';
import { isApart } from '../jar.js';
import { filterRows, rowsOf } from '../link_list.js';
import { Client } from '../ui/client.js';
import { el, localize, text } from '../ui/dom.js';

const kMostShown = 1000;
const kAtOnce = 4;
const kWithin = 8000;
const byId = id => /** @type {any} */ (document.getElementById(id));
const key = `links:${location.hash.slice(1)}`;
const client = new Client(() => {});

/** @type {{page: string, title: string, jar: import('../types').Jar, links: import('../link_list.js').Link[]}} */
let source = { page: '', title: '', jar: { private: false }, links: [] };
/** @type {any[]} */
let rows = [];
let known = new Set();
/** @type {Set<string>} */
const chosen = new Set();
/** @type {Set<string>} */
const kinds = new Set();
/** @type {Map<string, number>} -1: the server does not say */
const sizes = new Map();

const shown = () => filterRows(rows, { words: byId('filter').value, kinds: [...kinds] });

async function load() {
  source = /** @type {any} */ ((await chrome.storage.session.get(key))[key] ?? source);
  rows = rowsOf(source.links, known);
  byId('from').textContent = text('linksFrom', source.title || source.page);
  byId('from').title = source.page;
  drawKinds();
  draw();
}

function drawKinds() {
  const counts = new Map();
  for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  byId('kinds').replaceChildren(
    ...[...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([kind, count]) =>
        el(
          'button',
          {
            type: 'button',
            'aria-pressed': String(kinds.has(kind)),
            on: {
              click: event => {
                if (!kinds.delete(kind)) kinds.add(kind);
                event.currentTarget.setAttribute('aria-pressed', String(kinds.has(kind)));
                draw();
              },
            },
          },
          `${text(`kind${kind}`)} ${count}`,
        ),
      ),
  );
}

function draw() {
  const list = shown();
  byId('links').replaceChildren(...list.slice(0, kMostShown).map(drawRow));
  byId('none').textContent = text(rows.length ? 'linksNone' : 'linksEmpty');
  byId('none').classList.toggle('hidden', list.length > 0);
  drawSum();
}

function drawRow(row) {
  const box = el('input', {
    type: 'checkbox',
    checked: chosen.has(row.url),
    on: {
      change: () => {
        if (box.checked) chosen.add(row.url);
        else chosen.delete(row.url);
        drawSum();
      },
    },
  });
  const size = sizes.get(row.url);
  const notes = [row.times > 1 && text('linksTimes', row.times), size !== undefined && (sizeText(size) || '–')]
    .filter(Boolean)
    .join(' · ');
  return el(
    'li',
    { 'data-url': row.url },
    el(
      'label',
      null,
      box,
      el(
        'div',
        { className: 'words' },
        el('div', { className: 'name one-line' }, row.text || row.fileName),
        el('div', { className: 'small soft one-line', title: row.url }, row.url),
      ),
      el(
        'div',
        { className: 'facts small soft number' },
        notes,
        row.known && el('div', { className: 'known' }, text('linksKnown')),
      ),
    ),
  );
}

function drawSum() {
  const list = shown();
  const marked = rows.filter(row => chosen.has(row.url));
  byId('take').textContent = text('linksTake', marked.length);
  byId('take').disabled = !marked.length;
  byId('all').checked = list.length > 0 && list.every(row => chosen.has(row.url));
  byId('all').indeterminate = !byId('all').checked && list.some(row => chosen.has(row.url));
  const bytes = marked.reduce((sum, row) => sum + Math.max(sizes.get(row.url) ?? 0, 0), 0);
  byId('sum').textContent = !marked.length
    ? ''
    : bytes
      ? text('linksSum', marked.length, sizeText(bytes))
      : text('linksChosen', marked.length);
}

/** Asks the links' own servers, and only when the user wants it. */
async function lookUpSizes() {
  byId('sizes').disabled = true;
  const marked = rows.filter(row => chosen.has(row.url));
  const queue = (marked.length ? marked : shown().slice(0, 200)).filter(row => /^https?:/.test(row.url) && !sizes.has(row.url));
  await Promise.all(
    Array.from({ length: kAtOnce }, async () => {
      for (let row = queue.shift(); row; row = queue.shift()) {
        sizes.set(row.url, await sizeOf(row.url));
        draw();
      }
    }),
  );
  byId('sizes').disabled = false;
}

async function sizeOf(url) {
  try {
    const reply = await fetch(url, {
      method: 'HEAD',
      credentials: isApart(source.jar) ? 'omit' : 'include',
      signal: AbortSignal.timeout(kWithin),
    });
    const length = reply.headers.get('content-length');
    return reply.ok && length !== null ? Number(length) : -1;
  } catch {
    return -1;
  }
}

async function take() {
  const links = rows.filter(row => chosen.has(row.url)).map(({ url, name }) => ({ url, name }));
  byId('take').disabled = true;
  const result = byId('result');
  result.classList.remove('hidden', 'bad');
  try {
    const ids = await client.act('addLinks', { links, page: source.page, jar: source.jar });
    result.textContent = text('linksTaken', ids.length);
    for (const { url } of links) known.add(url);
    chosen.clear();
    rows = rowsOf(source.links, known);
    draw();
  } catch ({ message, hint }) {
    result.classList.add('bad');
    result.textContent = [message, hint].filter(Boolean).join(' ');
    drawSum();
  }
}

/** What was downloaded before; without the daemon nothing is marked. */
async function findKnown() {
  try {
    const { tasks } = await client.call('task.history', { limit: 1000 });
    known = new Set(tasks.map(task => task.url));
    rows = rowsOf(source.links, known);
    draw();
  } catch {
    // the list is as good without
  }
}

localize();
byId('filter').addEventListener('input', draw);
byId('all').addEventListener('change', () => {
  for (const { url } of shown())
    if (byId('all').checked) chosen.add(url);
    else chosen.delete(url);
  draw();
});
byId('sizes').addEventListener('click', lookUpSizes);
byId('take').addEventListener('click', take);
chrome.storage.onChanged.addListener((changes, area) => area === 'session' && changes[key] && load());
await load();
await findKnown();
