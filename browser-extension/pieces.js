// The pieces of streams that each tab has fetched, for pages whose list of them is found nowhere: then the pieces themselves are
// what can be offered. Plain data; the background owns one and keeps it in the session's storage.
import { formOf } from './addresses.js';

const kMostTabs = 20;
const kMostPieces = 2000;
const kFewest = 3; // of one form, or it is no stream

export class Pieces {
  /** @param {Record<number, string[]>} [tabs] */
  constructor(tabs = {}) {
    this.tabs = tabs;
  }

  /** @param {number} tab @param {string} url @returns {boolean} it is a new one */
  add(tab, url) {
    const seen = (this.tabs[tab] ??= []);
    if (seen.includes(url) || seen.length >= kMostPieces) return false;
    seen.push(url);
    const tabs = Object.keys(this.tabs);
    for (const old of tabs.slice(0, Math.max(0, tabs.length - kMostTabs)))
      if (Number(old) !== tab) delete this.tabs[Number(old)];
    return true;
  }

  forget(tab) {
    delete this.tabs[tab];
  }

  /** All of them, as they came, if they are those of a stream. @param {number} tab @returns {string[]} */
  of(tab) {
    const seen = this.tabs[tab] ?? [];
    /** @type {Map<string, number>} */
    const forms = new Map();
    for (const form of seen.map(formOf)) if (form) forms.set(form, (forms.get(form) ?? 0) + 1);
    return Math.max(0, ...forms.values()) >= kFewest ? seen : [];
  }
}
