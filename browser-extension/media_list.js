// What each tab offers: candidates come in as they are seen, variants of one video end up in one entry, and what is no
// offer at all (pieces of a stream, previews, small ads, doubles) is left out. Plain data; the background owns one and keeps
// it in the session's storage.
import { extensionOf, folderOf, formOf, isHttp, sameKey, withoutFragment } from './addresses.js';
import { classify } from './capture.js';
import { emptyEntry, lastPart, offerForElement, offersOf } from './offers.js';
import { cleanTitle } from './titles.js';

/** @typedef {import('./types').Entry} Entry */
/** @typedef {import('./types').Element} Element */
/** @typedef {import('./types').Page} Page */

const kMostEntries = 80;
const kMostTabs = 60;
const kMostDocuments = 50;
const kMostSources = 50;
const kMostPatterns = 100;
const kMostRefused = 100;
const kSameVideo = 20_000;

export class MediaList {
  /** @param {import('./types').Rules} rules @param {Record<number, Page>} [pages] */
  constructor(rules, pages = {}) {
    this.rules = rules;
    this.lastId = 0;
    /** @type {Record<number, Page>} */
    this.pages = {};
    this.restore(pages);
  }

  restore(pages) {
    this.pages = pages;
    for (const page of Object.values(pages))
      for (const { id } of page.entries) this.lastId = Math.max(this.lastId, Number(id) || 0);
  }

  /**
   * A tab shows another document: what was found belongs to the one before.
   * @param {number} tab @param {string} url @param {number} time of its reply; 0: it has told of itself, which may come first
   */
  begin(tab, url, time = 0) {
    const before = this.pages[tab];
    if (time && before?.top && !before.began && withoutFragment(before.url) === withoutFragment(url)) {
      before.began = time;
      return;
    }
    const past = before?.documents ?? [];
    this.pages[tab] = { url, title: '', image: '', entries: [], refused: [], frames: {}, began: time, top: '', documents: [], past };
    const tabs = Object.keys(this.pages);
    for (const old of tabs.slice(0, Math.max(0, tabs.length - kMostTabs)))
      if (Number(old) !== tab) delete this.pages[Number(old)];
  }

  /** A single-page application shows another page: what plays on may stay, the rest is of the past. */
  turn(tab, url) {
    const page = this.pages[tab];
    if (!page) return this.begin(tab, url);
    page.url = url;
    page.title = '';
    const now = Object.values(page.frames).flatMap(frame => frame.elements.map(element => element.src));
    page.entries = page.entries.filter(entry => now.includes(entry.url));
    for (const frame of Object.values(page.frames)) frame.patterns = {};
  }

  /**
   * A document tells that it is there; one that was left comes back so, too.
   * @param {number} tab @param {{frameId: number, url: string, document?: string}} who document: where the browser names it
   */
  greet(tab, { frameId, url, document }) {
    if (frameId === 0 && isHttp(url)) {
      const { top, url: shown } = this.page(tab);
      const isOther = document && top ? top !== document : withoutFragment(shown) !== withoutFragment(url);
      if (isOther) this.begin(tab, url);
    }
    if (!document) return;
    const page = this.page(tab);
    if (frameId === 0) page.top = document;
    page.past = page.past.filter(other => other !== document);
    page.documents = [...page.documents.filter(other => other !== document), document].slice(-kMostDocuments);
  }

  /**
   * Did a document of the page before this one ask for it? It works on until the new one is shown.
   * @param {number} tab @param {{time: number, type?: string, document?: string}} asked document: where the browser names it
   */
  isLate(tab, { time, type, document }) {
    const page = this.pages[tab];
    if (!page || type === 'main_frame') return false;
    if (document && page.documents.includes(document)) return false;
    return Boolean(document && page.past.includes(document)) || time < page.began;
  }

  forget(tab) {
    delete this.pages[tab];
  }

  /** @param {number} tab @returns {Page} */
  page(tab) {
    if (!this.pages[tab]) this.begin(tab, '');
    return this.pages[tab];
  }

  /** A response of media that the rules don't want, so that its element brings it in neither. */
  refuse(tab, url) {
    const { refused } = this.page(tab);
    refused.push(sameKey(url, this.rules.volatileParams));
    if (refused.length > kMostRefused) refused.shift();
  }

  #frame(page, id) {
    return (page.frames[id] ??= { elements: [], sources: {}, patterns: {} });
  }

  /**
   * A response that classify() took for media or a playlist.
   * @param {number} tab
   * @param {{kind: 'playlist' | 'media', url: string, mime?: string, size?: number, type: string, frameId: number, time: number,
   *   fileName?: string, request?: import('./types').RequestRecord | null, read?: boolean, master?: boolean}} found
   * @returns {Entry | null} null: it is part of what is there
   */
  add(tab, found) {
    const page = this.page(tab);
    const key = sameKey(found.url, this.rules.volatileParams);
    const known = page.entries.find(entry => entry.url === key || entry.mirrors.includes(key));
    if (known) return this.#renew(known, found);
    if (page.entries.some(entry => entry.children.includes(key))) return null;
    if (found.kind === 'media' ? this.#isPiece(page, found, key) : this.#isVariant(page, found, key)) return null;
    const double = found.kind === 'media' && this.#double(page, found, key);
    if (double) {
      double.mirrors.push(key);
      return double;
    }
    const entry = this.#make(page, found, key);
    if (entry.kind === 'playlist') this.#dropPieces(page, entry);
    page.entries.push(entry);
    if (page.entries.length > kMostEntries) page.entries.shift();
    return entry;
  }

  #make(page, found, key) {
    return {
      ...emptyEntry(String(++this.lastId), found.kind, key, found.frameId),
      mime: found.mime ?? '',
      size: found.size ?? -1,
      title: found.fileName ?? '',
      via: found.type,
      time: found.time,
      read: found.read ?? false,
      request: found.request ?? null,
    };
  }

  // The newest request has the freshest cookies and signatures; its method may not change, or a page could turn GET into POST.
  #renew(entry, found) {
    if (found.request && (!entry.request || entry.request.method === found.request.method)) entry.request = found.request;
    if (found.size > entry.size) entry.size = found.size;
    entry.read ||= found.read ?? false;
    entry.mime ||= found.mime ?? '';
    return entry;
  }

  /**
   * A second playlist soon after the first, in its frame and at or below its folder, is one of its qualities, unless the first
   * one's text was read and does not name it.
   */
  #isVariant(page, found, key) {
    if (found.read || this.#isShown(page, found.frameId, key)) return false;
    const parent = page.entries.find(
      entry =>
        entry.kind === 'playlist' &&
        entry.frameId === found.frameId &&
        !entry.read &&
        found.time - entry.time < kSameVideo &&
        folderOf(key).startsWith(folderOf(entry.url)) &&
        extensionOf(key) === extensionOf(entry.url),
    );
    parent?.children.push(key);
    return Boolean(parent);
  }

  #isPiece(page, found, key) {
    if (this.#isShown(page, found.frameId, key)) return false;
    const frame = this.#frame(page, found.frameId);
    const inStream = Object.values(frame.sources).includes('stream');
    const playlist = page.entries.some(entry => entry.kind === 'playlist' && entry.frameId === found.frameId);
    if (playlist && (found.type === 'xmlhttprequest' || belowPlaylist(page, key))) return true;
    if (found.type !== 'xmlhttprequest' && !inStream) return false;
    return this.#isNumbered(page, frame, found, key);
  }

  /** seg-1.mp4, seg-2.mp4, ...: many of one form are the pieces of something, and none of them is an offer. */
  #isNumbered(page, frame, found, key) {
    const form = formOf(key);
    if (!form) return false;
    const forms = Object.keys(frame.patterns);
    if (forms.length >= kMostPatterns && !frame.patterns[form]) delete frame.patterns[forms[0]];
    const seen = (frame.patterns[form] ??= []);
    if (!seen.includes(key) && seen.length < 3) seen.push(key);
    if (seen.length < 3) return false;
    page.entries = page.entries.filter(
      entry => !(entry.frameId === found.frameId && formOf(entry.url) === form && !entry.sure),
    );
    return true;
  }

  #dropPieces(page, playlist) {
    page.entries = page.entries.filter(
      entry =>
        !(
          entry.kind === 'media' &&
          entry.frameId === playlist.frameId &&
          !entry.sure &&
          entry.via === 'xmlhttprequest' &&
          entry.time >= playlist.time - 1000 &&
          !this.#isShown(page, entry.frameId, entry.url)
        ),
    );
  }

  #double(page, found, key) {
    if (!(found.size > 0)) return null;
    const name = lastPart(key);
    return (
      page.entries.find(
        entry =>
          entry.kind === 'media' && entry.size === found.size && lastPart(entry.url) === name && entry.mirrors.length < 8,
      ) ?? null
    );
  }

  #isShown(page, frameId, key) {
    return this.#frame(page, frameId).elements.some(element => sameKey(element.src, this.rules.volatileParams) === key);
  }

  /**
   * The media elements of a frame, all of them.
   * @param {number} tab @param {number} frameId @param {{title: string, image: string, elements: Element[]}} seen @param {number} time
   */
  noteElements(tab, frameId, { title, image, elements }, time) {
    const page = this.page(tab);
    if (frameId === 0) {
      page.title = cleanTitle(title, page.url);
      page.image = image;
    }
    const frame = this.#frame(page, frameId);
    frame.elements = elements;
    for (const element of elements) this.#addShown(tab, page, frameId, element, time);
    for (const entry of page.entries) if (this.#isShown(page, entry.frameId, entry.url)) entry.sure = true;
    // An element's own address stands above a guess that took it for another one's quality.
    for (const { src } of elements) {
      const key = sameKey(src, this.rules.volatileParams);
      const parent = page.entries.find(entry => entry.children.includes(key) && !entry.read);
      if (parent) {
        parent.children = parent.children.filter(child => child !== key);
        page.entries.push({ ...parent, id: String(++this.lastId), url: key, children: [], sure: true });
      }
    }
  }

  /** What plays from the browser's cache made no request that could be seen. */
  #addShown(tab, page, frameId, { src, duration, decorative }, time) {
    const key = sameKey(src, this.rules.volatileParams);
    if (!isHttp(src) || decorative || !(duration > 0) || page.refused.includes(key)) return;
    if (page.entries.some(entry => entry.url === key || entry.mirrors.includes(key) || entry.children.includes(key))) return;
    const kind = classify({ url: src, mime: extensionOf(src) ? '' : 'video/mp4', size: -1 }, this.rules);
    if (kind === 'media' || kind === 'playlist') this.add(tab, { kind, url: src, type: 'media', frameId, time });
  }

  /**
   * What the main-world hook noticed in a frame.
   * @param {number} tab @param {number} frameId @param {import('./types').Hint} hint @param {number} time
   * @param {import('./types').RequestRecord | null} request
   */
  noteHint(tab, frameId, hint, time, request) {
    const page = this.page(tab);
    const frame = this.#frame(page, frameId);
    if (hint.kind === 'source') {
      const names = Object.keys(frame.sources);
      if (names.length >= kMostSources) delete frame.sources[names[0]];
      frame.sources[hint.url] = hint.of === 'blob' ? { mime: hint.mime ?? '', size: hint.size ?? -1 } : 'stream';
    } else if (hint.kind === 'playlist' && isHttp(hint.url)) {
      this.#notePlaylist(tab, page, frameId, hint, time, request);
    }
  }

  #notePlaylist(tab, page, frameId, hint, time, request) {
    const volatile = this.rules.volatileParams;
    const key = sameKey(hint.url, volatile);
    const parent = page.entries.find(entry => entry.children.includes(key));
    const wrongGuess = parent && (hint.master || (parent.read && !parent.master));
    if (wrongGuess) parent.children = parent.children.filter(child => child !== key);
    else if (parent) {
      parent.live ||= hint.live ?? false;
      parent.drm ||= hint.drm ?? false;
      return;
    }
    const entry = this.add(tab, {
      kind: 'playlist',
      url: hint.url,
      type: 'xmlhttprequest',
      frameId,
      time,
      request,
      read: true,
    });
    if (!entry) return;
    entry.kind = 'playlist';
    entry.master = hint.master ?? entry.master;
    entry.live = hint.live ?? entry.live;
    entry.drm = hint.drm ?? entry.drm;
    const children = (hint.children ?? []).map(child => sameKey(child, volatile)).filter(child => child !== key);
    entry.children = [...new Set([...entry.children, ...children])].slice(0, 64);
    page.entries = page.entries.filter(other => other === entry || !entry.children.includes(other.url));
    this.#dropPieces(page, entry);
  }

  /**
   * What is worth showing, the best first, with the title and picture that it has by now.
   * @param {number} tab @returns {Entry[]}
   */
  offers(tab) {
    const page = this.pages[tab];
    return page ? offersOf(page, this.rules) : [];
  }

  /**
   * The offer that belongs to an element of a frame.
   * @param {number} tab @param {number} frameId @param {string} src
   */
  offerFor(tab, frameId, src) {
    const page = this.pages[tab];
    return page ? offerForElement(page, this.rules, frameId, src) : null;
  }

  knowsPlaylist(tab) {
    return this.pages[tab]?.entries.some(({ kind }) => kind === 'playlist') ?? false;
  }

  /** Does a script of the page feed its player? @param {number} tab */
  playsStream(tab) {
    return Object.values(this.pages[tab]?.frames ?? {}).some(({ sources }) => Object.values(sources).includes('stream'));
  }

  find(tab, id) {
    return this.offers(tab).find(entry => entry.id === id) ?? null;
  }
}

const belowPlaylist = (page, key) =>
  page.entries.some(entry => entry.kind === 'playlist' && folderOf(key).startsWith(folderOf(entry.url)));
