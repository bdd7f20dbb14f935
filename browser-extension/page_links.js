// All links of a page: every frame is asked, and our own page shows what they answer.
import { jarOf } from './jar.js';
import { readLinks } from './link_list.js';

export class PageLinks {
  /** @param {chrome.tabs.Tab} tab @param {boolean} selected */
  async open(tab, selected) {
    const nonce = await this.show(tab, []);
    chrome.tabs.sendMessage(/** @type {number} */ (tab.id), { type: 'links', nonce, selected }).catch(() => {});
  }

  /** @param {chrome.tabs.Tab} tab @param {string[]} urls */
  async show(tab, urls) {
    const nonce = crypto.randomUUID();
    await chrome.storage.session.set({
      [`links:${nonce}`]: {
        page: tab.url ?? '',
        title: tab.title ?? '',
        jar: jarOf(tab),
        links: readLinks(urls.map(url => ({ url }))),
      },
    });
    await chrome.tabs.create({
      url: chrome.runtime.getURL(`links/links.html#${nonce}`),
      // Chromium shows our pages in its ordinary windows only, where a private tab can't be the opener.
      ...(!tab.incognito && { index: tab.index + 1, openerTabId: tab.id }),
    });
    return nonce;
  }

  /** One frame's answer; they come one after the other, so that none overwrites another. */
  found(nonce, given) {
    this.last = (this.last ?? Promise.resolve())
      .then(async () => {
        const key = `links:${nonce}`;
        const { [key]: state } = /** @type {Record<string, any>} */ (await chrome.storage.session.get(key));
        if (state)
          await chrome.storage.session.set({
            [key]: { ...state, links: [...state.links, ...readLinks(given)].slice(0, 10_000) },
          });
      })
      .catch(() => {});
  }
}
