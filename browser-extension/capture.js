// What is this response? Pure; background.js feeds it and acts on the answer.
import { bareType, extensionOf, globMatches, hostMatches, isHttp, parse } from './addresses.js';

/** @typedef {import('./types').Rules} Rules */

const kNeverMedia = ['text/html', 'application/json', 'text/css', 'text/javascript', 'application/javascript'];

const isOneOf = (types, mime) => types.some(type => (type.endsWith('/') ? mime.startsWith(type) : mime === type));

/**
 * @param {{url: string, mime: string, size: number, type?: string}} response size: -1 when it is not known
 * @param {Rules} rules
 * @returns {import('./types').Verdict}
 */
export function classify({ url, mime, size }, rules) {
  if (!isHttp(url)) return 'none';
  const own = rules.own?.find(rule => globMatches(rule.pattern, url));
  if (own) return own.verdict;
  const host = parse(url)?.hostname ?? '';
  if (rules.ignoredHosts.some(name => hostMatches(host, name))) return 'none';
  if (rules.ignoredUrls.some(pattern => globMatches(pattern, url))) return 'none';

  const type = bareType(mime);
  const extension = extensionOf(url);
  const generic = rules.genericTypes.includes(type);
  if (isOneOf(rules.playlist.types, type)) return 'playlist';
  if (kNeverMedia.includes(type) || type.startsWith('image/')) return 'none';
  if (rules.playlist.extensions.includes(extension)) return 'playlist';
  if (isOneOf(rules.segment.types, type) || rules.segment.extensions.includes(extension)) return 'segment';
  if (isOneOf(rules.media.types, type) || (generic && rules.media.extensions.includes(extension)))
    return size < 0 || size >= rules.media.minBytes ? 'media' : 'none';
  return 'none';
}

/**
 * What the reply's headers say about its body.
 * @param {string} url @param {string} type @param {number} status @param {{name: string, value?: string}[]} headers
 * @returns {import('./types').ResponseFacts}
 */
export function readResponse(url, type, status, headers) {
  const value = name => headers.find(header => header.name.toLowerCase() === name)?.value ?? '';
  const range = /\/(\d{1,15})\s*$/.exec(value('content-range'));
  const length = /^\s*(\d{1,15})\s*$/.exec(value('content-length'));
  const encoded = !['', 'identity'].includes(value('content-encoding').trim().toLowerCase());
  const size = range ? Number(range[1]) : length && status === 200 && !encoded ? Number(length[1]) : -1;
  const disposition = value('content-disposition');
  return {
    url,
    type,
    mime: bareType(value('content-type')).slice(0, 100),
    size,
    attachment: /^\s*attachment/i.test(disposition),
    fileName: dispositionName(disposition),
  };
}

/** The name in a Content-Disposition, or nothing. The daemon reads the header itself; this one is for lists. */
export function dispositionName(text) {
  const extended = /filename\*\s*=\s*utf-8'[^']*'([^;]+)/i.exec(text);
  if (extended) {
    try {
      return decodeURIComponent(extended[1].trim()).slice(0, 200);
    } catch {
      // a broken escape: the plain name is next
    }
  }
  const plain = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))/i.exec(text);
  return (plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2] ?? '').trim().slice(0, 200);
}
