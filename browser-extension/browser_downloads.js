// Takes over downloads of the browser, and gives them back. The browser keeps a download until the daemon has it: Chromium's
// question for the name, or Firefox's reply headers, wait for that; on any failure, and after two seconds, the browser goes on.
import { BridgeError } from './bridge.js';
import { readResponse } from './capture.js';
import { jarOf } from './jar.js';
import { hasTaken } from './task_feed.js';
import { decide, wouldDownload } from './takeover.js';

const kWithin = 2000;
const kBypassFor = 5000;

export class BrowserDownloads {
  /**
   * @param {{ready: Promise<void>, adder: import('./adder.js').Adder, bridge: import('./bridge.js').Bridge,
   *   requests: import('./requests.js').RequestLog, settings: () => import('./types').Settings, rules: () => import('./types').Rules,
   *   feed: import('./task_feed.js').TaskFeed}} parts
   */
  constructor(parts) {
    this.parts = parts;
    this.bypassUntil = 0;
    /** @type {Set<(task: import('./types').Task) => void>} */
    this.watchers = new Set();
  }

  bypassNext() {
    this.bypassUntil = Date.now() + kBypassFor;
  }

  watch() {
    // Chromium only; the other way is Firefox's.
    if (chrome.downloads?.onDeterminingFilename)
      chrome.downloads.onDeterminingFilename.addListener((item, suggest) => this.#named(item, suggest));
    else this.watchHeaders();
  }

  /** Possible as soon as the user has granted it. */
  watchHeaders() {
    if (chrome.downloads?.onDeterminingFilename || this.watchingHeaders) return;
    try {
      chrome.webRequest.onHeadersReceived.addListener(
        /** @type {any} */ (details => this.#answered(details)),
        { urls: ['http://*/*', 'https://*/*'], types: /** @type {any} */ (['main_frame', 'sub_frame']) },
        ['responseHeaders', 'blocking'],
      );
      this.watchingHeaders = true;
    } catch {
      // not granted: downloads stay with the browser
    }
  }

  /** Every task the daemon tells of passes here. */
  heard(tasks) {
    for (const watcher of this.watchers) tasks.forEach(watcher);
  }

  #named(item, suggest) {
    if (item.byExtensionId) return false;
    this.#considerItem(item)
      .catch(() => false)
      .then(taken => (taken ? this.#drop(item, suggest) : suggest()));
    return true;
  }

  async #considerItem(item) {
    await this.parts.ready;
    return this.#take({
      url: item.finalUrl || item.url,
      page: item.referrer || '',
      fileName: item.filename.split(/[\\/]/).pop() ?? '',
      mime: item.mime ?? '',
      size: item.totalBytes > 0 ? item.totalBytes : -1,
      ...jarOf(item),
    });
  }

  async #drop(item, suggest) {
    try {
      await chrome.downloads.cancel(item.id);
      await chrome.downloads.erase({ id: item.id });
    } catch {
      // already gone
    }
    suggest();
  }

  async #answered(details) {
    if (details.statusCode < 200 || details.statusCode >= 300) return {};
    const facts = readResponse(details.url, details.type, details.statusCode, details.responseHeaders ?? []);
    if (!wouldDownload(facts)) return {};
    try {
      await this.parts.ready;
      const page = details.originUrl ?? '';
      return (await this.#take({ ...facts, page, ...jarOf(details) })) ? { cancel: true } : {};
    } catch {
      return {};
    }
  }

  /** @returns {Promise<boolean>} the daemon has it */
  async #take(download) {
    const { adder, requests, settings, rules } = this.parts;
    const request = requests.find(download.url, download);
    const verdict = decide(download, { settings: settings(), rules: rules(), request, bypass: Date.now() < this.bypassUntil });
    if (!verdict.take) return false;
    const started = Date.now();
    const late = new Promise(resolve => setTimeout(resolve, kWithin, null));
    const adding = adder.add({
      url: download.url,
      name: download.fileName,
      request,
      page: download.page,
      private: download.private,
      storeId: download.storeId,
      takenOver: download.url,
      tabId: request?.tabId,
    });
    const job = await Promise.race([adding, late]);
    const taken = job !== null && (await this.#described(job.id, kWithin - (Date.now() - started)));
    if (!taken) adding.then(({ id }) => this.#forget(id)).catch(() => {});
    return taken;
  }

  #described(id, within) {
    return new Promise(resolve => {
      const end = verdict => {
        clearTimeout(timer);
        this.watchers.delete(watcher);
        resolve(verdict);
      };
      const watcher = task => {
        if (task.id !== id) return;
        const verdict = hasTaken(task);
        if (verdict !== 'wait') end(verdict === 'yes');
      };
      const timer = setTimeout(() => end(false), Math.max(within, 0));
      this.watchers.add(watcher);
      const known = this.parts.feed.tasks.get(id);
      if (known) watcher(known);
    });
  }

  #forget(id) {
    return this.parts.bridge.call('task.remove', { ids: [id], files: 'delete' });
  }

  /** One click, and the browser downloads it itself. @param {import('./types').Task} task */
  async giveBack(task) {
    const { private: hidden = false, storeId } = this.parts.adder.jobOf(task.id) ?? {};
    if (hidden && chrome.downloads.onDeterminingFilename) await this.#openPrivately(task.url);
    else {
      const jar = storeId && { incognito: hidden, cookieStoreId: storeId };
      await chrome.downloads.download(/** @type {any} */ ({ url: task.url, ...jar }));
    }
    await this.#forget(task.id);
  }

  /** Chromium keeps what an extension downloads in the ordinary history; what a private tab asks for, it does not. */
  async #openPrivately(url) {
    const window = (await chrome.windows.getAll()).find(({ incognito }) => incognito);
    if (!window) throw new BridgeError({ code: 'NoPrivateWindow', message: '', hint: '' });
    this.bypassNext();
    await chrome.tabs.create({ windowId: window.id, url });
  }
}
