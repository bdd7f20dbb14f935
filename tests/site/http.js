// Answers of the sample site: files with ranges, at a rate or up to a gate, and the small change of HTTP.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';

const kTypes = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json',
  '.mp4': 'video/mp4', '.m4s': 'video/iso.segment', '.ts': 'video/mp2t', '.mp3': 'audio/mpeg', '.jpg': 'image/jpeg',
  '.m3u8': 'application/vnd.apple.mpegurl', '.mpd': 'application/dash+xml', '.key': 'application/octet-stream',
};
export const mimeOf = name => kTypes[path.extname(name)] ?? 'application/octet-stream';

const kBodyLimit = 1 << 20;

/** The whole body of a request as text. */
export async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > kBodyLimit) throw new Error('the body is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

export const cookiesOf = request => Object.fromEntries((request.headers.cookie ?? '').split(/;\s*/).filter(Boolean)
  .map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

export function answer(response, status, text = '', headers = {}) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers });
  response.end(text);
}
export const redirect = (response, to, headers = {}) => answer(response, 302, '', { Location: to, ...headers });

/** The half-open range that was asked for; all of it if none was, null if it cannot be had. */
export function rangeOf(header, size) {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!asked || (asked[1] === '' && asked[2] === '')) return { begin: 0, end: size, part: false };
  const begin = asked[1] === '' ? Math.max(0, size - Number(asked[2])) : Number(asked[1]);
  const end = asked[1] === '' || asked[2] === '' ? size : Math.min(size, Number(asked[2]) + 1);
  return begin < end ? { begin, end, part: true } : null;
}

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/**
 * Sends a file, or the part that was asked for.
 * @param {{headers?: object, rate?: number, gate?: {at: number, opened: Promise<void>, reached: () => void}}} how
 *   `rate`: bytes a second; `gate`: bytes from `at` on are sent when it has been opened.
 */
export async function sendFile(request, response, file, { headers = {}, rate = 0, gate } = {}) {
  const handle = await open(file).catch(() => null);
  if (!handle) return answer(response, 404, 'not here');
  try {
    const { size, mtime } = await handle.stat();
    const etag = `"${createHash('sha256').update(`${path.basename(file)} ${size} ${mtime.getTime()}`).digest('hex').slice(0, 16)}"`;
    const condition = request.headers['if-range'];
    const range = rangeOf(condition && condition !== etag ? undefined : request.headers.range, size);
    if (!range) return answer(response, 416, '', { 'Content-Range': `bytes */${size}` });
    response.writeHead(range.part ? 206 : 200, {
      'Content-Type': mimeOf(file), 'Content-Length': range.end - range.begin, 'Accept-Ranges': 'bytes', 'ETag': etag,
      'Last-Modified': mtime.toUTCString(), 'Cache-Control': 'no-cache',
      ...(range.part && { 'Content-Range': `bytes ${range.begin}-${range.end - 1}/${size}` }), ...headers,
    });
    if (request.method === 'HEAD') return response.end();
    const gone = new Promise(tell => response.once('close', tell));
    const slice = Buffer.alloc(64 * 1024);
    for (let at = range.begin; at < range.end && !response.destroyed;) {
      let length = Math.min(slice.length, range.end - at);
      if (gate && at < gate.at) {
        length = Math.min(length, gate.at - at);
      } else if (gate) {
        gate.reached();
        await Promise.race([gate.opened, gone]);
      }
      const { bytesRead } = await handle.read(slice, 0, length, at);
      if (!bytesRead) break;
      at += bytesRead;
      if (!response.write(Buffer.from(slice.subarray(0, bytesRead))) && !response.destroyed)
        await Promise.race([new Promise(done => response.once('drain', done)), gone]);
      if (rate) await pause(1000 * bytesRead / rate);
    }
    response.end();
  } finally {
    await handle.close();
  }
}
