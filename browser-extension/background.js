// The background: puts the parts together and passes every message to the one it is for. It may be ended at any moment; what must
// not be lost lies in the session's storage, and every listener is registered before anything is awaited.
import { Adder } from './adder.js';
import { isBrowsersOwn, isHttp, withoutFragment } from './addresses.js';
import { showBadge } from './badge.js';
import { Bridge, BridgeError } from './bridge.js';
import { BrowserDownloads } from './browser_downloads.js';
import { buttonJob } from './button_job.js';
import { classify } from './capture.js';
import { kBest, qualitiesOf } from './choices.js';
import { Desk } from './desk.js';
import { explain } from './explain.js';
import { Foreground } from './foreground.js';
import { jarOf } from './jar.js';
import { MediaList } from './media_list.js';
import { watchMenu } from './menu.js';
import { notifyEnd, watchNotices } from './notices.js';
import { PageLinks } from './page_links.js';
import { readElements, readHint } from './page_messages.js';
import { Pieces } from './pieces.js';
import { RateHistory } from './rate_curve.js';
import { RequestLog } from './requests.js';
import { mergeRules } from './rules.js';
import { keep, loadSession } from './session.js';
import { allowed, kDefaults, loadSettings } from './settings.js';
import { isHeld, TaskFeed } from './task_feed.js';
import { Taker } from './taker.js';
import { UiPorts } from './ui_ports.js';

let settings = kDefaults;
/** @type {import('./types').Rules} */
let defaultRules;
/** @type {unknown} */
let daemonRules = null;
/** @type {import('./types').Problem | null} */
let notice = null;

const media = new MediaList(/** @type {any} */ (null));
const pieces = new Pieces();
const feed = new TaskFeed();
const rates = new RateHistory();
const bridge = new Bridge({
  connect: name => chrome.runtime.connectNative(name),
  lastError: port => port.error?.message ?? chrome.runtime.lastError?.message ?? '',
  onState: () => ui.changed(),
  onReady: () => void greetDaemon(),
  onNotification: heardDaemon,
});
const adder = new Adder({ bridge, settings: () => settings });
const requests = new RequestLog((facts, record) => void ready.then(() => sawResponse(facts, record)));
const foreground = new Foreground(counts => {
  if (bridge.phase === 'ready') bridge.call('capture.foreground', counts).catch(() => {});
});
const links = new PageLinks();
const taker = new Taker({ adder, bridge, settings: () => settings, rules: () => media.rules });
const ready = start();
const downloads = new BrowserDownloads({
  ready,
  adder,
  bridge,
  requests,
  settings: () => settings,
  rules: () => media.rules,
  feed,
});

const desk = new Desk({
  adder,
  bridge,
  feed,
  media,
  pieces,
  links,
  requests,
  rates,
  taker,
  choose,
  giveBack: task => downloads.giveBack(task),
  notice: () => notice,
  dismiss: () => tellProblem(null),
});
const ui = new UiPorts({
  state: (tab, hidden) => desk.state(tab, hidden),
  want: on => (on ? bridge.want('ui') : bridge.release('ui')),
  act: message => ready.then(() => desk.act(message)),
});

async function start() {
  /** @type {[any, any, any]} */
  const [kept, file, given] = await Promise.all([
    loadSession(['pages', 'pieces', 'pending', 'jobs', 'feed', 'rates']),
    fetch(chrome.runtime.getURL('rules.json')).then(reply => reply.json()),
    chrome.storage.local.get('daemonRules'),
  ]);
  settings = await loadSettings();
  defaultRules = file;
  daemonRules = given.daemonRules ?? null;
  applyRules();
  media.restore(kept.pages ?? {});
  pieces.tabs = kept.pieces ?? {};
  adder.restore(kept);
  if (kept.feed) feed.restore(kept.feed);
  rates.samples = kept.rates ?? [];
  if (Object.keys(adder.pending).length) void adder.sendPending();
  tasksChanged();
}

function applyRules() {
  media.rules = mergeRules(defaultRules, daemonRules, settings.rules);
}

chrome.storage.onChanged.addListener(async (changes, area) => {
  if (area !== 'local' || !changes.settings) return;
  await ready;
  settings = await loadSettings();
  applyRules();
  downloads.watchHeaders();
  ui.changed();
  for (const tab of await chrome.tabs.query({}))
    if (tab.id !== undefined) tell(tab.id, { type: 'bypassKey', key: settings.bypassKey });
});

// ---- the daemon

async function greetDaemon() {
  try {
    await subscribe(feed.sequence);
    foreground.repeat();
    const { rules } = await bridge.call('capture.rules', {});
    daemonRules = rules;
    await chrome.storage.local.set({ daemonRules });
    applyRules();
  } catch {
    // the state of the bridge tells what is wrong
  }
}

async function subscribe(since) {
  const answer = await bridge.call('events.subscribe', since === null ? {} : { since });
  const ended = feed.begin(answer);
  for (let { cursor } = answer; cursor;) {
    const more = await bridge.call('task.list', { cursor });
    feed.apply({ tasks: more.tasks });
    cursor = more.cursor;
  }
  tasksChanged([...feed.tasks.values()], ended);
}

function heardDaemon(method, params) {
  if (method === 'events.delta') {
    const ended = feed.apply(params);
    tasksChanged(params.tasks ?? [], ended);
  } else if (method === 'events.resync') {
    subscribe(null).catch(() => {});
  }
}

function tasksChanged(changed = [], ended = []) {
  downloads.heard(changed);
  for (const task of changed) {
    if (task.state === 'choosing') void learnChoices(task.id);
    tellButton(task.id);
  }
  for (const task of ended) if (settings.notify && adder.jobOf(task.id) && !adder.jobOf(task.id)?.private) notifyEnd(task);
  rates.add(feed.rate(), Date.now());
  const busy = feed.active().some(task => !isHeld(task));
  if (busy) bridge.want('tasks');
  else bridge.release('tasks');
  keep('feed', () => feed.kept());
  keep('rates', () => rates.samples);
  showBadge(feed, null);
  ui.changed();
}

/** Events don't carry what there is to choose; and where there is nothing to choose, nobody is asked. */
async function learnChoices(id) {
  if (feed.choices.has(id)) return;
  feed.choices.set(id, undefined);
  try {
    const task = await bridge.call('task.get', { id });
    feed.choices.set(id, task.choices);
    if (qualitiesOf(task.choices).length < 2) await bridge.call('task.choose', { id, choice: kBest });
  } catch {
    feed.choices.delete(id);
  }
  tellButton(id);
  ui.changed();
}

async function choose(id, index) {
  const choice = qualitiesOf(feed.choices.get(id))[index]?.choice;
  if (choice) await bridge.call('task.choose', { id, choice });
}

function taskOf(job) {
  const task = feed.tasks.get(job.id);
  return task && { ...task, choices: feed.choices.get(task.id) };
}

function tellButton(id) {
  const job = adder.jobOf(id);
  if (!job || job.tabId < 0) return;
  tell(job.tabId, { type: 'job', job: buttonJob(job.token, taskOf(job)) }, job.frameId);
}

// ---- pages

function tell(tabId, message, frameId) {
  chrome.tabs.sendMessage(tabId, message, frameId === undefined ? {} : { frameId }).catch(() => {});
}

async function sawResponse(facts, record) {
  const tab = record.tabId >= 0 ? record.tabId : await tabOfOrigin(record.page);
  if (tab < 0) return;
  if (record.type === 'main_frame' && showsPage(facts)) {
    media.begin(tab, record.url, record.answered);
    pieces.forget(tab);
  }
  if (media.isLate(tab, record)) return;
  if (!allowed(settings, record.page || record.url, 'capture') || facts.attachment) return;
  const kind = classify(facts, media.rules);
  if (kind === 'segment' || (kind === 'media' && record.type === 'xmlhttprequest')) sawPiece(tab, record);
  if (kind === 'media' || kind === 'playlist')
    media.add(tab, {
      kind,
      url: record.url,
      mime: facts.mime,
      size: facts.size,
      type: record.type,
      frameId: record.frameId,
      time: record.time,
      fileName: facts.fileName,
      request: record,
    });
  else if (kind === 'none' && /^(video|audio)\//.test(facts.mime)) media.refuse(tab, record.url);
  else if (record.type !== 'main_frame') return;
  offersChanged(tab);
}

/** Where the list of them is known, nobody needs the pieces. */
function sawPiece(tab, { url, method }) {
  if (method !== 'GET' || media.knowsPlaylist(tab) || !pieces.add(tab, url)) return;
  keep('pieces', () => pieces.tabs);
  ui.changed();
}

const showsPage = ({ attachment, mime }) => !attachment && /^(text|image|video|audio)\/|xml|json|pdf|mpegurl|^$/.test(mime);

/** A page's service worker fetches for its pages: the one the user looked at last is taken. */
async function tabOfOrigin(page) {
  if (!isHttp(page)) return -1;
  const { origin } = new URL(page);
  const tabs = (await chrome.tabs.query({})).filter(tab => tab.url?.startsWith(`${origin}/`));
  const latest = tabs.sort((a, b) => Number(b.active) - Number(a.active) || (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0))[0];
  return latest?.id ?? -1;
}

const waiting = new Map();

function offersChanged(tab) {
  keep('pages', () => media.pages);
  showBadge(feed, { tab, count: media.offers(tab).length });
  ui.changed();
  if (waiting.has(tab)) return;
  waiting.set(
    tab,
    setTimeout(() => {
      waiting.delete(tab);
      tell(tab, { type: 'offers' });
    }, 150),
  );
}

/** What content scripts say. They run beside hostile pages: everything is checked, and only these few things can be asked. */
const fromPage = {
  hello(_, { tab, frameId, url, documentId }) {
    media.greet(tab.id, { frameId, url, document: documentId });
    return { bypassKey: settings.bypassKey };
  },
  elements(message, { tab, frameId, url, documentId }) {
    // The last word of a page that the tab has left already.
    if (frameId === 0 && withoutFragment(media.page(tab.id).url) !== withoutFragment(url)) return;
    if (media.isLate(tab.id, { time: Date.now(), document: documentId })) return;
    if (!allowed(settings, tab.url ?? url, 'capture')) return;
    media.noteElements(tab.id, frameId, readElements(message), Date.now());
    offersChanged(tab.id);
  },
  hint({ hint: given }, { tab, frameId, url, documentId }) {
    const hint = readHint(given);
    if (media.isLate(tab.id, { time: Date.now(), document: documentId })) return;
    if (!hint || !allowed(settings, tab.url ?? url, 'capture')) return;
    media.noteHint(tab.id, frameId, hint, Date.now(), requests.find(hint.url, jarOf(tab)));
    offersChanged(tab.id);
  },
  playing({ playing }, { tab, frameId }) {
    foreground.play(tab.id, frameId, playing === true);
  },
  offer({ src }, { tab, frameId, url }) {
    if (!allowed(settings, tab.url ?? url, 'button')) return { available: false };
    const entry = media.offerFor(tab.id, frameId, String(src));
    if (!entry || entry.drm) return { available: false };
    const job = Object.values(adder.jobs).findLast(
      one => one.tabId === tab.id && one.url === entry.url && feed.tasks.has(one.id),
    );
    return { available: true, ...(job && { job: buttonJob(job.token, taskOf(job)) }) };
  },
  async take({ src }, { tab, frameId }) {
    const entry = media.offerFor(tab.id, frameId, String(src));
    if (!entry) return { state: 'failed', fraction: -1, message: chrome.i18n.getMessage('problemNoVideo') };
    try {
      const job = await taker.take(entry, tab, frameId);
      return buttonJob(job.token, taskOf(job));
    } catch (error) {
      return { state: 'failed', fraction: -1, ...explain(error) };
    }
  },
  async choose({ token, index }) {
    const job = adder.jobs[String(token)];
    if (!job) return undefined;
    try {
      await choose(job.id, Number(index));
      return undefined;
    } catch (error) {
      return { token, state: 'failed', fraction: -1, ...explain(error) };
    }
  },
  'links.found'({ nonce, links: found }) {
    links.found(String(nonce), found);
  },
  bypass() {
    downloads.bypassNext();
  },
};

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  const handler = typeof message?.type === 'string' && Object.hasOwn(fromPage, message.type) ? fromPage[message.type] : null;
  if (!handler || sender.id !== chrome.runtime.id || sender.tab?.id === undefined || UiPorts.isOurs(sender)) return false;
  ready.then(() => handler(message, sender)).then(respond, () => respond(undefined));
  return true;
});

chrome.tabs.onUpdated.addListener(
  (tab, change, { url }) =>
    void ready.then(() => {
      if (change.status) foreground.load(tab, change.status === 'loading');
      if (!change.url || !isHttp(url ?? '')) return;
      // A new document has announced itself by its request; what is left is a page that changed its own address.
      if (withoutFragment(media.page(tab).url) !== withoutFragment(url ?? '')) {
        media.turn(tab, url ?? '');
        tell(tab, { type: 'report' });
      }
      offersChanged(tab);
    }),
);
chrome.tabs.onRemoved.addListener(
  tab =>
    void ready.then(() => {
      media.forget(tab);
      pieces.forget(tab);
      foreground.forget(tab);
      keep('pages', () => media.pages);
    }),
);
chrome.tabs.onActivated.addListener(() => ui.changed());

// ---- taking

/** Something was begun where there is no button to tell how it went: the badge and the popup do. */
async function tellResult(doing) {
  tellProblem(null);
  await doing.catch(error => tellProblem({ code: 'notice', ...explain(error) }));
}

function tellProblem(problem) {
  notice = problem;
  showBadge(feed, null, notice !== null);
  ui.changed();
}

watchMenu(
  (what, info, tab) =>
    void ready.then(() => {
      if (!tab?.id) return;
      if (what === 'page' || what === 'selection') return void links.open(tab, what === 'selection');
      const url = (what === 'link' ? info.linkUrl : info.srcUrl) ?? '';
      const entry = what === 'media' ? media.offerFor(tab.id, info.frameId ?? 0, url) : null;
      if (entry) return void tellResult(taker.take(entry, tab, info.frameId ?? 0));
      // Of a link the daemon's plugins know whether they understand it; anybody may have written one.
      const understood = what === 'link' ? !isBrowsersOwn(url) : /^(https?|ftps?|sftp):/.test(url);
      if (!understood)
        return void tellResult(Promise.reject(new BridgeError({ code: 'NoVideo', message: '', hint: '' })));
      const request = what === 'media' ? requests.find(url, jarOf(tab)) : null;
      void tellResult(
        adder.add({
          url,
          request,
          page: info.frameUrl ?? info.pageUrl,
          topPage: info.pageUrl,
          ...jarOf(tab),
        }),
      );
    }),
);

requests.watch();
downloads.watch();
watchNotices(id => void bridge.call('host.open', { id }).catch(() => {}));
ui.watch(explain);
