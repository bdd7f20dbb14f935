// Hands things to the daemon: builds the tasks with their request context, keeps each until the daemon has answered (a dying
// worker loses none: the same token twice is the same task), and remembers which button waits for which task.
import { isHttp, parse } from './addresses.js';
import { BridgeError } from './bridge.js';
import { keep, keepNow } from './session.js';
import { cookieLine, taskItem } from './request_context.js';

/** @typedef {import('./types').Jar & {token: string, id: number, tabId: number, frameId: number, url: string, takenOver?: string}} Job */

const kMostJobs = 500;
/** How Chromium and Firefox call the cookies of private windows. */
const kPrivateStores = ['1', 'firefox-private'];

export class Adder {
  /** @param {{bridge: import('./bridge.js').Bridge, settings: () => import('./types').Settings}} parts */
  constructor({ bridge, settings }) {
    this.bridge = bridge;
    this.settings = settings;
    /** @type {Record<string, object>} items without an answer, by token */
    this.pending = {};
    /** @type {Record<string, Job>} by token */
    this.jobs = {};
  }

  restore({ pending = {}, jobs = {} }) {
    this.pending = { ...pending, ...this.pending };
    this.jobs = { ...jobs, ...this.jobs };
  }

  /** What the worker before this one had no answer for. */
  async sendPending() {
    for (const [token, item] of Object.entries(this.pending)) {
      const job = this.jobs[token];
      await this.#send(token, item, job ?? this.#job(token, item, {})).catch(() => {});
    }
  }

  /**
   * Adds one task; returns when it is durable.
   * @param {{url: string, mirrors?: string[], name?: string, mime?: string, request?: import('./types').RequestRecord | null,
   *   page?: string, topPage?: string, storeId?: string, private?: boolean, tabId?: number, frameId?: number, options?: object,
   *   takenOver?: string}} wanted
   * @returns {Promise<Job>}
   */
  async add(wanted) {
    const token = crypto.randomUUID();
    const item = await this.item(token, wanted);
    const job = this.#job(token, item, wanted);
    this.pending[token] = item;
    await keepNow({ pending: this.pending, jobs: this.jobs });
    return this.#send(token, item, job);
  }

  /** Several at once, all or none. @param {Parameters<Adder['add']>[0][]} wanted */
  async addAll(wanted) {
    const items = await Promise.all(wanted.map(one => this.item(crypto.randomUUID(), one)));
    const jobs = items.map((item, place) => this.#job(item.token, item, wanted[place]));
    try {
      const { ids } = await this.bridge.call('task.add', { tasks: items }, { repeat: 3 });
      jobs.forEach((job, place) => (job.id = ids[place]));
      return ids;
    } catch (error) {
      for (const { token } of jobs) delete this.jobs[token];
      throw error;
    } finally {
      keep('jobs', () => this.jobs);
    }
  }

  async item(token, wanted) {
    const settings = this.settings();
    const hidden = wanted.private ?? wanted.request?.private ?? false;
    const seen = wanted.request?.headers.some(([name]) => name.toLowerCase() === 'cookie');
    const storeId = wanted.request?.storeId ?? wanted.storeId ?? (await storeFor(wanted.tabId ?? -1, hidden));
    return taskItem({
      url: wanted.url,
      mirrors: wanted.mirrors,
      name: wanted.name,
      mime: wanted.mime,
      token,
      private: hidden,
      request: wanted.request ?? null,
      cookies: seen || storeId === null ? '' : await cookiesFor(wanted.url, wanted.topPage ?? wanted.page ?? '', storeId),
      page: wanted.page,
      userAgent: navigator.userAgent,
      options: { ...(settings.limit && { limit: settings.limit }), ...wanted.options },
    });
  }

  /** @param {string} token @param {any} item @param {Partial<Parameters<Adder['add']>[0]>} wanted @returns {Job} */
  #job(token, item, { tabId = -1, frameId = 0, private: hidden = false, storeId, takenOver }) {
    const job = {
      token,
      id: 0,
      tabId,
      frameId,
      url: item.url,
      private: hidden || Boolean(item.private),
      ...(storeId && { storeId }),
      ...(takenOver && { takenOver }),
    };
    this.jobs[token] = job;
    // Those of private windows are kept: they tell which tasks other windows must not show.
    const tokens = Object.keys(this.jobs).filter(one => !this.jobs[one].private);
    for (const old of tokens.slice(0, Math.max(0, tokens.length - kMostJobs))) delete this.jobs[old];
    return job;
  }

  async #send(token, item, job) {
    try {
      const { ids } = await this.bridge.call('task.add', { tasks: [item] }, { repeat: 3 });
      job.id = ids[0];
      return job;
    } catch (error) {
      delete this.jobs[token];
      throw error instanceof BridgeError
        ? error
        : new BridgeError({ code: 'NotSent', message: String(error?.message ?? error), hint: '' });
    } finally {
      delete this.pending[token];
      keep('pending', () => this.pending);
      keep('jobs', () => this.jobs);
    }
  }

  jobOf(id) {
    return Object.values(this.jobs).find(job => job.id === id) ?? null;
  }
}

/**
 * The cookie store of a tab. Null: a private window's was not found, and another's cookies must not stand in for it.
 * @param {number} tabId @param {boolean} hidden @returns {Promise<string | null>}
 */
async function storeFor(tabId, hidden) {
  const stores = await chrome.cookies.getAllCookieStores();
  const own =
    stores.find(store => store.tabIds.includes(tabId)) ??
    (hidden ? stores.find(store => kPrivateStores.includes(store.id)) : undefined);
  return own?.id ?? (hidden ? null : '');
}

/**
 * The cookies that the browser would send, also those that are kept apart for the page's site.
 * @param {string} url @param {string} page @param {string} [storeId]
 */
export async function cookiesFor(url, page, storeId) {
  if (!isHttp(url)) return '';
  const where = { url, ...(storeId && { storeId }) };
  const site = isHttp(page) ? parse(page)?.origin : undefined;
  const [plain, apart] = await Promise.all([
    chrome.cookies.getAll(where).catch(() => []),
    site ? chrome.cookies.getAll({ ...where, partitionKey: { topLevelSite: site } }).catch(() => []) : [],
  ]);
  const all = new Map(
    [...plain, ...apart].map(cookie => [
      `${cookie.name}\n${cookie.domain}\n${cookie.path}\n${Boolean(cookie.partitionKey)}`,
      cookie,
    ]),
  );
  return cookieLine([...all.values()]);
}
