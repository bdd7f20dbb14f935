// Of all that was seen on a page: what is worth offering, in which order, and which of it an element plays. Pure.
import { parse, sameKey } from './addresses.js';
import { cleanTitle, saysSomething, titleFromUrl } from './titles.js';

/** @typedef {import('./types').Entry} Entry */
/** @typedef {import('./types').Element} Element */
/** @typedef {import('./types').Page} Page */

/** @param {string} id @param {Entry['kind']} kind @param {string} url @param {number} frameId @returns {Entry} */
export function emptyEntry(id, kind, url, frameId) {
  return {
    id,
    kind,
    url,
    frameId,
    mime: '',
    size: -1,
    title: '',
    poster: '',
    duration: 0,
    height: 0,
    via: '',
    time: 0,
    read: false,
    master: false,
    sure: false,
    live: false,
    drm: false,
    children: [],
    mirrors: [],
    request: null,
  };
}

/** @param {string} url */
export const lastPart = url => (parse(url)?.pathname ?? '').split('/').pop() ?? '';

/** @param {Page} page @param {import('./types').Rules} rules @returns {Entry[]} the best first */
export function offersOf(page, rules) {
  const listed = [...page.entries, ...blobs(page)].map(entry => {
    const element = elementOf(page, rules, entry);
    return { entry, element, score: score(entry, element) };
  });
  return listed
    .filter(one => isOffer(one, listed, rules))
    .sort((a, b) => b.score - a.score || a.entry.time - b.entry.time)
    .map(({ entry, element }) => described(page, entry, element));
}

/** @param {Page} page @param {import('./types').Rules} rules @param {number} frameId @param {string} src */
export function offerForElement(page, rules, frameId, src) {
  const offers = offersOf(page, rules);
  const key = sameKey(src, rules.volatileParams);
  const direct = offers.find(entry => entry.url === key || entry.mirrors.includes(key) || entry.children.includes(key));
  if (direct) return direct;
  const element = page.frames[frameId]?.elements.find(other => other.src === src);
  if (!element || !/^blob:|^$/.test(src)) return null;
  return offers.find(entry => entry.frameId === frameId && elementOf(page, rules, entry) === element) ?? null;
}

/** In-page data that plays and came from no address that was seen. @param {Page} page @returns {Entry[]} */
function blobs(page) {
  const entries = [];
  for (const [frame, { elements, sources }] of Object.entries(page.frames)) {
    for (const { src } of elements) {
      const source = sources[src];
      if (typeof source !== 'object' || !src.startsWith('blob:')) continue;
      const frameId = Number(frame);
      if (page.entries.some(entry => entry.frameId === frameId && entry.size > 0 && entry.size === source.size)) continue;
      const { mime, size } = source;
      entries.push({ ...emptyEntry(src, 'blob', src, frameId), mime: mime || 'video/mp4', size, via: 'blob', sure: true });
    }
  }
  return entries;
}

/** @param {Page} page @param {Entry} entry @param {Element | undefined} element @returns {Entry} */
function described(page, entry, element) {
  const several = page.entries.length > 1;
  const ofElement = element?.title && cleanTitle(element.title, page.url);
  const ofReply = entry.title.replace(/\.[a-z0-9]{1,5}$/i, '');
  const ofAddress = titleFromUrl(entry.url);
  const tellsThemApart = several && entry.kind === 'media' && saysSomething(ofAddress);
  return {
    ...entry,
    title: ofElement || ofReply || (tellsThemApart ? ofAddress : page.title || ofAddress),
    poster: element?.poster || (entry.frameId === 0 || !several ? page.image : ''),
    duration: element?.duration || entry.duration,
    height: element?.height || entry.height,
  };
}

/** @param {Page} page @param {import('./types').Rules} rules @param {Entry} entry @returns {Element | undefined} */
function elementOf(page, rules, entry) {
  const { elements = [], sources = {} } = page.frames[entry.frameId] ?? {};
  const shows = ({ src }) => sameKey(src, rules.volatileParams) === entry.url || entry.mirrors.includes(src);
  const direct = elements.find(shows);
  if (direct) return direct;
  const fed = elements.filter(({ src }) => {
    const source = sources[src];
    if (source === 'stream') return entry.via !== 'media';
    return typeof source === 'object' && entry.size > 0 && source.size === entry.size;
  });
  if (fed.length < 2 || entry.kind !== 'playlist') return fed[0];
  // Several streams in one frame: first come, first shown.
  const streams = page.entries.filter(other => other.kind === 'playlist' && other.frameId === entry.frameId);
  const place = streams.findIndex(other => other.url === entry.url);
  return fed[Math.min(place, fed.length - 1)];
}

function score(entry, element) {
  const area = element ? Math.min(element.width * element.height, 4e6) / 4e6 : 0;
  const shown = element ? 400 + area * 150 + (element.playing ? 200 : 0) : 0;
  return shown + (entry.kind === 'playlist' ? 120 : 0) + (entry.sure ? 60 : 0) + Math.log2(Math.max(entry.size, 1));
}

/** Decoration never; beside something better neither what is short nor what calls itself a preview. */
function isOffer({ entry, element }, all, rules) {
  if (element?.decorative) return false;
  if (entry.kind !== 'media') return true;
  const isBetter = other => other.id !== entry.id && (other.kind === 'playlist' || other.size > entry.size * 2);
  if (!all.some(one => isBetter(one.entry))) return true;
  const short = element && element.duration > 0 && element.duration < rules.previewSeconds;
  const words = (parse(entry.url)?.pathname ?? '').toLowerCase().split(/[^a-z]+/);
  return !short && !words.some(word => rules.previewWords.includes(word));
}
