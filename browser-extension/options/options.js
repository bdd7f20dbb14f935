// The settings page: what is chosen is kept at once; permissions are asked for by the click that needs them.
import { parse } from '../addresses.js';
import { classify } from '../capture.js';
import { mergeRules } from '../rules.js';
import { loadSettings, saveSettings } from '../settings.js';
import { Client } from '../ui/client.js';
import { el, icon, iconButton, localize, text } from '../ui/dom.js';

const byId = id => /** @type {any} */ (document.getElementById(id));
const kSiteSwitches = /** @type {const} */ (['capture', 'button', 'takeOver']);
/** Firefox holds a download back only with this permission; Chromium has no such thing and needs none. */
const kPermissions = {
  notify: ['notifications'],
  takeOver: chrome.downloads.onDeterminingFilename ? [] : ['webRequestBlocking'],
};

let settings = await loadSettings();
/** @type {any} */
let rules = null;

const client = new Client(({ connection, rules: current }) => {
  const { phase, problem, versions } = connection;
  byId('connection').dataset.phase = phase;
  byId('connection').textContent =
    phase === 'ready'
      ? `${text('stateReady')} · ${text('optionsVersions', versions.host, versions.daemon)}`
      : problem && phase === 'waiting'
        ? [problem.message, problem.hint].filter(Boolean).join(' ')
        : text(phase === 'opening' ? 'stateOpening' : 'stateClosed');
  rules = current;
  judge();
});

async function change(part) {
  settings = { ...settings, ...part };
  await saveSettings(settings);
  byId('saved').textContent = text('optionsSaved');
  byId('saved').classList.add('shown');
  clearTimeout(change.timer);
  change.timer = setTimeout(() => byId('saved').classList.remove('shown'), 1500);
}
/** @type {any} */
change.timer = 0;

function drawFields() {
  for (const field of /** @type {NodeListOf<any>} */ (document.querySelectorAll('.card .row [name]'))) {
    const value = settings[field.name];
    if (field.type === 'checkbox') field.checked = value;
    else if (field.type === 'number') field.value = String(value / Number(field.dataset.scale));
    else field.value = Array.isArray(value) ? value.join(', ') : value;
    field.addEventListener('change', () => changed(field));
  }
}

async function changed(field) {
  const { name } = field;
  if (field.type === 'checkbox') {
    const permissions = kPermissions[name] ?? [];
    if (field.checked && permissions.length && !(await chrome.permissions.request({ permissions }))) field.checked = false;
    return change({ [name]: field.checked });
  }
  if (field.type === 'number')
    return change({ [name]: Math.max(0, Math.round(Number(field.value) * Number(field.dataset.scale)) || 0) });
  if (name === 'takeOverExtensions')
    return change({
      [name]: field.value
        .toLowerCase()
        .split(/[\s,;.*]+/)
        .filter(Boolean),
    });
  return change({ [name]: field.value });
}

function drawSites() {
  const hosts = Object.keys(settings.sites).sort();
  byId('no-sites').classList.toggle('hidden', hosts.length > 0);
  byId('sites').tBodies[0].replaceChildren(
    ...hosts.map(host =>
      el(
        'tr',
        null,
        el('td', null, host),
        ...kSiteSwitches.map(name => el('td', null, siteSwitch(host, name))),
        el(
          'td',
          null,
          iconButton('cancel', text('optionsSiteRemove', host), () => {
            const { [host]: _, ...sites } = settings.sites;
            void change({ sites }).then(drawSites);
          }),
        ),
      ),
    ),
  );
}

function siteSwitch(host, name) {
  const general = name === 'capture' ? true : settings[name];
  return el('input', {
    type: 'checkbox',
    checked: settings.sites[host][name] ?? general,
    'aria-label': `${host}: ${text({ capture: 'optionsSiteCapture', button: 'optionsSiteButton', takeOver: 'optionsSiteTakeOver' }[name])}`,
    on: {
      change: event =>
        change({ sites: { ...settings.sites, [host]: { ...settings.sites[host], [name]: event.target.checked } } }),
    },
  });
}

function drawRules() {
  byId('no-rules').classList.toggle('hidden', settings.rules.length > 0);
  byId('rules').replaceChildren(
    ...settings.rules.map((rule, place) =>
      el(
        'li',
        null,
        el('code', null, rule.pattern),
        el('span', { className: 'small soft' }, text(`verdict${rule.verdict}`)),
        iconButton(
          'cancel',
          text('optionsSiteRemove', rule.pattern),
          () => void change({ rules: settings.rules.filter((_, i) => i !== place) }).then(drawRules),
        ),
      ),
    ),
  );
  judge();
}

/** What the rules, those above included, make of an address. */
function judge() {
  const url = byId('test-url').value.trim();
  if (!rules || !url) return void (byId('verdict').textContent = '');
  const verdict = classify({ url, mime: byId('test-type').value, size: -1 }, mergeRules(rules, rules, settings.rules));
  byId('verdict').textContent = text('verdictIs', text(`verdict${verdict}`));
}

byId('add-site').addEventListener('submit', event => {
  event.preventDefault();
  const field = event.target.elements.host;
  const host = parse(/^https?:/.test(field.value) ? field.value : `http://${field.value.trim()}`)?.hostname.replace(
    /^www\./,
    '',
  );
  if (!host) return;
  field.value = '';
  void change({ sites: { ...settings.sites, [host]: { ...settings.sites[host], button: false } } }).then(drawSites);
});

byId('add-rule').addEventListener('submit', event => {
  event.preventDefault();
  const { pattern, verdict } = event.target.elements;
  const rule = { pattern: pattern.value.trim(), verdict: verdict.value };
  pattern.value = '';
  if (rule.pattern) void change({ rules: [...settings.rules, rule] }).then(drawRules);
});

byId('doctor').addEventListener('click', async () => {
  const list = byId('checks');
  byId('doctor').disabled = true;
  list.classList.remove('hidden');
  try {
    const { checks } = await client.call('system.doctor');
    list.replaceChildren(
      ...checks.map(({ name, ok, detail, remedy }) =>
        el(
          'li',
          { className: ok ? '' : 'bad' },
          icon(ok ? 'done' : 'problem'),
          el('strong', null, name),
          el('p', { className: 'soft' }, detail, !ok && remedy && el('br'), !ok && remedy),
        ),
      ),
    );
  } catch ({ message, hint }) {
    list.replaceChildren(
      el(
        'li',
        { className: 'bad' },
        icon('problem'),
        el('strong', null, text('stateWaiting')),
        el('p', { className: 'soft' }, message, el('br'), hint),
      ),
    );
  }
  byId('doctor').disabled = false;
});
for (const id of ['test-url', 'test-type']) byId(id).addEventListener('input', judge);

// Firefox does nothing on a click with Alt on a link.
if (!chrome.downloads.onDeterminingFilename) byId('alt').remove();
localize();
drawFields();
drawSites();
drawRules();
