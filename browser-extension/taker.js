// Takes an offer of a page: a stream or a file becomes a task, data that only the page has is streamed to the daemon.
import { jarOf } from './jar.js';
import { keep } from './session.js';
import { pushBlob } from './push.js';
import { fileNameFor } from './titles.js';

export class Taker {
  /**
   * @param {{adder: import('./adder.js').Adder, bridge: import('./bridge.js').Bridge, settings: () => import('./types').Settings,
   *   rules: () => import('./types').Rules}} parts
   */
  constructor(parts) {
    this.parts = parts;
  }

  /**
   * @param {import('./types').Entry} entry @param {chrome.tabs.Tab} tab
   * @param {number} frameId whose button asked
   * @returns {Promise<import('./adder.js').Job>} once the daemon has it for good
   */
  take(entry, tab, frameId) {
    return entry.kind === 'blob' ? this.#push(entry, tab) : this.#add(entry, tab, frameId);
  }

  #add(entry, tab, frameId) {
    const { adder, settings, rules } = this.parts;
    const { ask, quality } = settings();
    const stream = entry.kind === 'playlist';
    return adder.add({
      url: entry.url,
      mirrors: entry.mirrors,
      name: fileNameFor(entry),
      mime: rules().genericTypes.includes(entry.mime) ? '' : entry.mime,
      request: entry.request,
      page: entry.request?.page || tab.url,
      topPage: tab.url,
      ...jarOf(tab),
      tabId: tab.id,
      frameId,
      options: !stream ? {} : ask ? { ask: true } : { quality },
    });
  }

  /** Ends with the first piece that the daemon has taken; the others follow by themselves. */
  #push(entry, tab) {
    const { adder, bridge } = this.parts;
    const { url, mime, frameId } = entry;
    const token = crypto.randomUUID();
    const job = { token, id: 0, tabId: tab.id ?? -1, frameId, url, ...jarOf(tab) };
    const port = chrome.tabs.connect(job.tabId, { name: 'blob', frameId });
    return new Promise((resolve, reject) => {
      const onId = id => {
        job.id = id;
        adder.jobs[token] = job;
        keep('jobs', () => adder.jobs);
        resolve(job);
      };
      pushBlob({ bridge, port, url, name: fileNameFor(entry), mime, token, private: tab.incognito, onId }).then(
        () => resolve(job),
        reject,
      );
    });
  }
}
