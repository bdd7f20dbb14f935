// Sees the browser's requests and what came back, with everything needed to make them again. The background owns one; nothing
// here outlives the worker but what it hands on.
import { isHttp, withoutFragment } from './addresses.js';
import { readResponse } from './capture.js';
import { jarName, jarOf } from './jar.js';
import { keptHeaders } from './request_context.js';

/** @typedef {import('./types').RequestRecord} RequestRecord */

const kTypes = ['main_frame', 'sub_frame', 'xmlhttprequest', 'media', 'object', 'other'];
const kMostPending = 600;
const kMostRecent = 400;
const kLongestBody = 64 << 10;

export class RequestLog {
  /** @param {(facts: import('./types').ResponseFacts, record: RequestRecord) => void} onResponse */
  constructor(onResponse) {
    this.onResponse = onResponse;
    /** @type {Map<string, RequestRecord>} by the browser's number */
    this.pending = new Map();
    /** @type {Map<string, RequestRecord>} by cookie jar and address, the newest last */
    this.recent = new Map();
  }

  watch(webRequest = chrome.webRequest) {
    const filter = /** @type {any} */ ({ urls: ['http://*/*', 'https://*/*'], types: kTypes });
    const extra = webRequest.OnSendHeadersOptions && 'EXTRA_HEADERS' in webRequest.OnSendHeadersOptions ? ['extraHeaders'] : [];
    webRequest.onBeforeRequest.addListener(details => this.#began(details), filter, ['requestBody']);
    webRequest.onSendHeaders.addListener(
      details => this.#sent(details),
      filter,
      /** @type {any} */ (['requestHeaders', ...extra]),
    );
    webRequest.onHeadersReceived.addListener(
      details => this.#answered(details),
      filter,
      /** @type {any} */ (['responseHeaders', ...extra]),
    );
    webRequest.onCompleted.addListener(details => this.pending.delete(details.requestId), filter);
    webRequest.onErrorOccurred.addListener(details => this.pending.delete(details.requestId), filter);
  }

  /**
   * The last request for an address, if it was seen lately. One of another window's kind or container is another person's.
   * @param {string} url @param {import('./types').Jar} jar @returns {RequestRecord | null}
   */
  find(url, jar) {
    return this.recent.get(placeOf(jar, withoutFragment(url))) ?? null;
  }

  #began(details) {
    if (details.method === 'OPTIONS' || details.method === 'HEAD') return undefined;
    const before = this.pending.get(details.requestId);
    const body = readBody(details.requestBody);
    /** @type {RequestRecord} */
    const record = {
      url: details.url,
      method: details.method,
      type: details.type,
      tabId: details.tabId,
      frameId: Math.max(details.frameId, 0),
      page: details.documentUrl ?? details.initiator ?? details.originUrl ?? '',
      document: details.documentId,
      headers: [],
      time: details.timeStamp,
      ...jarOf(details),
      ...(details.method !== 'GET' && (body ?? { body: before?.body ?? '' })),
    };
    this.pending.set(details.requestId, record);
    trim(this.pending, kMostPending);
    return undefined;
  }

  #sent(details) {
    const record = this.pending.get(details.requestId);
    if (record) record.headers = keptHeaders(details.requestHeaders ?? []);
  }

  #answered(details) {
    const record = this.pending.get(details.requestId);
    if (!record || (details.statusCode >= 300 && details.statusCode < 400)) return undefined;
    record.answered = details.timeStamp;
    const place = placeOf(record, record.url);
    this.recent.delete(place);
    this.recent.set(place, record);
    trim(this.recent, kMostRecent);
    if (details.statusCode >= 200 && details.statusCode < 300 && isHttp(details.url))
      this.onResponse(readResponse(details.url, details.type, details.statusCode, details.responseHeaders ?? []), record);
    return undefined;
  }
}

/** @param {import('./types').Jar} jar @param {string} url */
const placeOf = (jar, url) => `${jarName(jar)} ${url}`;

function trim(map, most) {
  if (map.size > most) map.delete(map.keys().next().value);
}

/** @returns {{body: string} | {bodyLost: true} | null} */
function readBody(given) {
  if (!given) return null;
  if (given.formData) {
    const pairs = Object.entries(given.formData).flatMap(([name, values]) =>
      /** @type {string[]} */ (values).map(value => [name, value]),
    );
    const body = new URLSearchParams(pairs).toString();
    return body.length <= kLongestBody ? { body } : { bodyLost: true };
  }
  const parts = given.raw ?? [];
  const size = parts.reduce((sum, part) => sum + (part.bytes?.byteLength ?? 0), 0);
  if (!parts.length || size > kLongestBody || parts.some(part => !part.bytes)) return { bodyLost: true };
  try {
    return { body: parts.map(part => new TextDecoder('utf-8', { fatal: true }).decode(part.bytes)).join('') };
  } catch {
    return { bodyLost: true };
  }
}
