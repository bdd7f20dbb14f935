// Reads what content scripts and the hook report. A page may forge any of it, so each value is checked and cut. Pure.

const kMostElements = 40;
const kMostChildren = 64;
const kLongestUrl = 8000;

const text = (value, most) => (typeof value === 'string' ? value.slice(0, most) : '');
const count = value => (Number.isFinite(value) && value > 0 ? Math.min(value, 1e15) : 0);
const address = value =>
  typeof value === 'string' && value.length <= kLongestUrl && /^(https?|blob):/.test(value) ? value : '';
const webAddress = value => (/^https?:/.test(address(value)) ? value : '');

/** @returns {{title: string, image: string, elements: import('./types').Element[]}} */
export function readElements(given) {
  const list = Array.isArray(given.elements) ? given.elements : [];
  return {
    title: text(given.title, 500),
    image: webAddress(given.image),
    elements: list
      .slice(0, kMostElements)
      .filter(one => one && typeof one === 'object')
      .map(one => ({
        src: address(one.src),
        width: count(one.width),
        height: count(one.height),
        duration: count(one.duration),
        playing: one.playing === true,
        decorative: one.decorative === true,
        audio: one.audio === true,
        title: text(one.title, 300),
        poster: webAddress(one.poster),
      })),
  };
}

/** @returns {import('./types').Hint | null} */
export function readHint(given) {
  if (!given || typeof given !== 'object') return null;
  if (given.kind === 'source') {
    const of = given.of === 'blob' ? 'blob' : 'stream';
    const url = given.url === '' ? '' : address(given.url);
    if (url !== given.url) return null;
    return {
      kind: 'source',
      url,
      of,
      mime: /^[\w.+/-]{0,100}/.exec(text(given.mime, 100))?.[0] ?? '',
      size: count(given.size) || -1,
    };
  }
  if (given.kind !== 'playlist' || !webAddress(given.url)) return null;
  const children = Array.isArray(given.children) ? given.children.slice(0, kMostChildren).map(webAddress).filter(Boolean) : [];
  return {
    kind: 'playlist',
    url: given.url,
    master: given.master === true,
    children,
    live: given.live === true,
    drm: given.drm === true,
  };
}
