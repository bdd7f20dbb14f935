// The links of a page as a list to choose from: reading, filter, kinds, duplicates. Pure.
import { extensionOf, globMatches, parse, sameKey } from './addresses.js';

/** @typedef {{url: string, text: string, name: string}} Link */

const kMost = 5000;
const kKinds = {
  video: ['mp4', 'm4v', 'webm', 'mkv', 'mov', 'avi', 'flv', 'm3u8', 'mpd'],
  audio: ['mp3', 'm4a', 'ogg', 'oga', 'opus', 'flac', 'wav', 'aac'],
  image: ['jpg', 'jpeg', 'png', 'gif', 'webp', 'avif', 'svg', 'bmp', 'tif', 'tiff'],
  archive: [
    'zip',
    '7z',
    'rar',
    'gz',
    'tgz',
    'bz2',
    'xz',
    'zst',
    'tar',
    'iso',
    'dmg',
    'deb',
    'rpm',
    'exe',
    'msi',
    'apk',
    'appimage',
  ],
  document: ['pdf', 'epub', 'doc', 'docx', 'odt', 'xls', 'xlsx', 'ods', 'ppt', 'pptx', 'txt', 'csv'],
};

/** @param {unknown} given what a frame sent @returns {Link[]} */
export function readLinks(given) {
  if (!Array.isArray(given)) return [];
  const text = (value, most) => (typeof value === 'string' ? value.slice(0, most) : '');
  return given
    .slice(0, kMost)
    .map(link => ({ url: text(link?.url, 8000), text: text(link?.text, 200), name: text(link?.name, 200) }))
    .filter(link => /^(https?|ftps?|sftp|magnet):/.test(link.url));
}

/** @param {string} url */
export function kindOf(url) {
  if (url.startsWith('magnet:')) return 'magnet';
  const extension = extensionOf(url);
  return (
    Object.keys(kKinds).find(kind => kKinds[kind].includes(extension)) ??
    (extension && !/^(html?|php|aspx?|jsp|cgi)$/.test(extension) ? 'other' : 'page')
  );
}

/**
 * Each address once, with its kind; `known` are addresses that were downloaded before.
 * @param {Link[]} links @param {Set<string>} known
 */
export function rowsOf(links, known) {
  const seen = new Map();
  const rows = [];
  for (const link of links) {
    const key = sameKey(link.url);
    const first = seen.get(key);
    if (first) {
      first.times++;
      if (!first.text) first.text = link.text;
      continue;
    }
    const row = {
      ...link,
      url: key,
      kind: kindOf(link.url),
      times: 1,
      known: known.has(key),
      fileName: link.name || nameOf(link.url),
    };
    seen.set(key, row);
    rows.push(row);
  }
  return rows;
}

/**
 * Rows that fit: words in name, text or address (all of them), `*` as in file names; and kinds, none meaning every kind.
 * @param {ReturnType<typeof rowsOf>} rows @param {{words: string, kinds: string[]}} filter
 */
export function filterRows(rows, { words, kinds }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(row => {
    if (kinds.length && !kinds.includes(row.kind)) return false;
    const place = [row.fileName, row.text, row.url].map(text => text.toLowerCase());
    return wanted.every(word => place.some(text => (word.includes('*') ? globMatches(word, text) : text.includes(word))));
  });
}

function nameOf(url) {
  const parsed = parse(url);
  if (!parsed) return url;
  if (parsed.protocol === 'magnet:') return parsed.searchParams.get('dn') ?? url.slice(0, 60);
  const last = parsed.pathname.split('/').filter(Boolean).pop() ?? '';
  try {
    return decodeURIComponent(last) || parsed.hostname;
  } catch {
    return last;
  }
}
