// How a thing on a page is called, and what its file is called. Pure.
import { bareType, extensionOf, parse } from './addresses.js';

const kLongestTitle = 150;
const kExtensions = {
  'video/mp4': 'mp4',
  'application/mp4': 'mp4',
  'video/x-m4v': 'm4v',
  'video/webm': 'webm',
  'video/x-matroska': 'mkv',
  'video/quicktime': 'mov',
  'video/x-flv': 'flv',
  'video/ogg': 'ogv',
  'video/3gpp': '3gp',
  'video/x-msvideo': 'avi',
  'video/mpeg': 'mpg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/x-m4a': 'm4a',
  'audio/aac': 'aac',
  'audio/ogg': 'ogg',
  'application/ogg': 'ogg',
  'audio/opus': 'opus',
  'audio/flac': 'flac',
  'audio/x-flac': 'flac',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/webm': 'weba',
};
const kForbidden = /[\u0000-\u001f\u007f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/**
 * A page's title without unread counters, play marks and the site's own name at its end.
 * @param {string} title @param {string} pageUrl
 */
export function cleanTitle(title, pageUrl) {
  let text = title.normalize('NFC').replace(/\s+/g, ' ').trim();
  text = text.replace(/^[▶►⏸⏵●🔴\s]+/u, '').replace(/^\(\d{1,5}\+?\)\s*/, '');
  const parts = text.split(/ [-–—|·•:] /);
  if (parts.length > 1 && isSiteName(parts[parts.length - 1], pageUrl))
    text = text.slice(0, text.lastIndexOf(parts[parts.length - 1]) - 3);
  return cut(text.trim());
}

function isSiteName(part, pageUrl) {
  const plain = text => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const host = (parse(pageUrl)?.hostname ?? '').replace(/^www\./, '');
  const name = plain(part);
  return (
    name.length > 1 &&
    (plain(host) === name ||
      host
        .split('.')
        .slice(0, -1)
        .some(label => plain(label) === name))
  );
}

function cut(text) {
  const points = [...text];
  return points.length > kLongestTitle
    ? points
        .slice(0, kLongestTitle - 1)
        .join('')
        .trim() + '…'
    : text;
}

/** A last part of an address that tells something, without its extension. @param {string} url */
export function titleFromUrl(url) {
  const parsed = parse(url);
  if (!parsed) return '';
  const last = parsed.pathname.split('/').filter(Boolean).pop() ?? '';
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // a broken escape is shown as it is
  }
  return cut(name.replace(/\.[a-z0-9]{1,5}$/i, '').trim()) || parsed.hostname;
}

/** Is a name from an address of any use to a person? "index", "a1b2c3d4e5f6" and "12345" are not. */
export function saysSomething(name) {
  if (/^(index|master|main|manifest|playlist|stream|video|audio|media|file|download|source|prog_index|chunklist)$/i.test(name))
    return false;
  return !/^[0-9a-f_-]{6,}$/i.test(name) && !/^\d+$/.test(name);
}

/**
 * A file name for what is captured: the title with the extension that fits. The daemon makes it safe once more.
 * @param {{kind: string, url: string, mime: string, title: string}} entry
 */
export function fileNameFor({ kind, url, mime, title }) {
  const extension = kind === 'playlist' ? 'mp4' : (kExtensions[bareType(mime)] ?? (extensionOf(url) || 'mp4'));
  const base = title
    .replace(kForbidden, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  if (!base) return '';
  return base.toLowerCase().endsWith('.' + extension) ? base : `${base}.${extension}`;
}
