// Questions about addresses and types that several modules ask. Pure.

/** @param {string} url @returns {URL | null} */
export function parse(url) {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

/** @param {string} url */
export function isHttp(url) {
  return /^https?:\/\//i.test(url);
}

/**
 * What stands for something inside the browser or on this machine, or belongs to another program: nothing that a download
 * program could fetch.
 * @param {string} url
 */
export function isBrowsersOwn(url) {
  return !/^[a-z][a-z0-9+.-]*:/i.test(url) || /^(javascript|data|blob|file|filesystem|about|mailto|tel|sms|chrome|resource|view-source|[a-z]+-extension):/i.test(url);
}

/** @param {string} url */
export const withoutFragment = url => url.split('#', 1)[0];

/** The extension of the last part of the path, in lower case. @param {string} url */
export function extensionOf(url) {
  const path = parse(url)?.pathname ?? '';
  const match = /\.([a-z0-9]{1,8})$/i.exec(path.slice(path.lastIndexOf('/') + 1));
  return match ? match[1].toLowerCase() : '';
}

/** The type without its parameters. @param {string} mime */
export function bareType(mime) {
  return mime.split(';', 1)[0].trim().toLowerCase();
}

/** Is `host` the name or below it? @param {string} host @param {string} name */
export function hostMatches(host, name) {
  return host === name || host.endsWith('.' + name);
}

/**
 * Does the pattern, in which * stands for anything, cover the whole text? Takes time in proportion to both at worst,
 * whatever a pattern from elsewhere looks like.
 * @param {string} pattern @param {string} text
 */
export function globMatches(pattern, text) {
  let p = 0,
    t = 0,
    star = -1,
    from = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      from = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** What makes two addresses the same thing: no fragment, no parameters that only say which part. */
export function sameKey(url, volatileParams = []) {
  const parsed = parse(url);
  if (!parsed) return url;
  parsed.hash = '';
  for (const name of volatileParams) parsed.searchParams.delete(name);
  return parsed.href;
}

/** The folder of an address, without query. @param {string} url */
export function folderOf(url) {
  const parsed = parse(url);
  return parsed ? parsed.origin + parsed.pathname.slice(0, parsed.pathname.lastIndexOf('/') + 1) : '';
}

/** The address with its numbers taken out, or nothing if it has none. @param {string} url */
export function formOf(url) {
  const parsed = parse(url);
  if (!parsed) return '';
  const path = parsed.pathname + parsed.search;
  const form = path.replace(/\d+/g, '#');
  return form === path ? '' : parsed.host + form;
}
