// From a request that was seen to a task that repeats it. Pure: what it needs of cookies is handed in.
import { isHttp } from './addresses.js';

/** @typedef {import('./types').RequestRecord} RequestRecord */

// Those of one transfer (a range, a condition), and those that curl sets for its own connection.
const kDropped = new Set([
  'range',
  'if-range',
  'if-none-match',
  'if-modified-since',
  'accept-encoding',
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'upgrade',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'upgrade-insecure-requests',
  'x-client-data',
  'priority',
]);
const kMostHeaders = 64;
const kLongestValue = 16 << 10;
const isToken = name => /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name);
const isOneLine = text => !/[\r\n\0]/.test(text);

/**
 * The headers worth keeping, in order, with their values.
 * @param {{name: string, value?: string}[]} headers @returns {[string, string][]}
 */
export function keptHeaders(headers) {
  return /** @type {[string, string][]} */ (
    headers
      .filter(
        ({ name, value }) =>
          isToken(name) &&
          !kDropped.has(name.toLowerCase()) &&
          typeof value === 'string' &&
          value.length <= kLongestValue &&
          isOneLine(value),
      )
      .map(({ name, value }) => [name, value])
      .slice(0, kMostHeaders)
  );
}

/** Can this request be made a second time with the same meaning, without asking anybody? @param {RequestRecord | null} record */
export function isRepeatable(record) {
  return !record || record.method === 'GET';
}

/**
 * The `secrets` of a task.
 * @param {RequestRecord | null} record
 * @param {{cookies?: string, referer?: string, userAgent?: string}} [fallback] for what was not seen
 */
export function secretsFor(record, fallback = {}) {
  const seen = new Map((record?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]));
  const special = new Set(['cookie', 'referer', 'user-agent']);
  const headers = (record?.headers ?? [])
    .filter(([name]) => !special.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`);
  const cookies = seen.get('cookie') ?? fallback.cookies ?? '';
  const referer = seen.get('referer') ?? fallback.referer ?? '';
  const userAgent = seen.get('user-agent') ?? fallback.userAgent ?? '';
  return {
    ...(headers.length && { headers }),
    ...(cookies && isOneLine(cookies) && { cookies: [cookies] }),
    ...(isHttp(referer) && { referer: withoutFragment(referer) }),
    ...(userAgent && isOneLine(userAgent) && { userAgent }),
    ...(record && record.method !== 'GET' && { method: record.method, body: record.body ?? '' }),
  };
}

function withoutFragment(url) {
  const at = url.indexOf('#');
  return at < 0 ? url : url.slice(0, at);
}

/**
 * An item of task.add.
 * @param {{url: string, mirrors?: string[], name?: string, mime?: string, token: string, private?: boolean,
 *   request: RequestRecord | null, cookies?: string, page?: string, userAgent?: string, options?: object}} wanted
 */
export function taskItem({
  url,
  mirrors = [],
  name = '',
  mime = '',
  token,
  private: hidden = false,
  request,
  cookies,
  page,
  userAgent,
  options = {},
}) {
  return {
    url,
    token,
    ...(mirrors.length && { mirrors: mirrors.slice(0, 8) }),
    ...(name && { name }),
    ...(mime && { mime }),
    ...(hidden && { private: true }),
    options,
    secrets: secretsFor(request, { cookies, referer: page, userAgent }),
  };
}

/** The value of a Cookie header. @param {{name: string, value: string, path: string}[]} cookies */
export function cookieLine(cookies) {
  return [...cookies]
    .sort((a, b) => b.path.length - a.path.length)
    .filter(({ name, value }) => name && isOneLine(name + value) && !/[;\t]/.test(name + value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
}
