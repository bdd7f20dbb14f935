// The sample site: pages with every kind of player, and the doors through which real sites hand out their films.
// `node tests/site/site.js [--port N]` runs it by hand; tests call startSite().
import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { answer, bodyOf, cookiesOf, redirect, sendFile } from './http.js';
import { livePlaylist } from './live.js';
import { siteMedia } from './media.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);
const kPlayers = {
  'hls.js': resolve('hls.js/dist/hls.min.js'),
  'dash.js': resolve('dashjs').replace(/dist[/\\].*/, 'dist/modern/umd/dash.all.min.js'),
  'shaka.js': resolve('shaka-player/dist/shaka-player.compiled.js'),
  'video.js': resolve('video.js/dist/video.min.js'),
  'video-js.css': resolve('video.js/dist/video-js.css'),
};
const kSignatureLife = 60_000;
const kSession = 'v1.member';

const sign = (file, expires) => createHmac('sha256', 'sample site').update(`${file} ${expires}`).digest('hex').slice(0, 24);
const shortLived = (file, life = kSignatureLife) => {
  const expires = Date.now() + life;
  return `/signed/${file}?expires=${expires}&signature=${sign(file, expires)}`;
};

/** One running site: two origins (so that a frame can be foreign), and what was asked of it. */
class Site extends EventEmitter {
  /** @type {{method: string, path: string, url: string, host: string, headers: object, body: string}[]} */
  requests = [];
  #media;
  #servers = [];
  #gates = new Map();
  #used = new Set();
  #liveSince = new Map();

  async start(port) {
    this.#media = await siteMedia();
    for (const name of ['127.0.0.1', 'localhost']) {
      const server = http.createServer((request, response) => this.#serve(request, response));
      server.listen(name === 'localhost' ? 0 : port, '127.0.0.1');
      await once(server, 'listening');
      this.#servers.push({ server, origin: `http://${name}:${server.address().port}` });
    }
    return this;
  }

  get url() { return this.#servers[0].origin; }
  /** The same pages under another site's name. */
  get otherUrl() { return this.#servers[1].origin; }
  file(name) { return path.join(this.#media, name); }

  /** Requests for that path, as they came. */
  asked(pathname) { return this.requests.filter(request => request.path === pathname); }

  /** The first request, past or to come, that the predicate likes. */
  async request(predicate) {
    for (let seen = 0; ;) {
      for (; seen < this.requests.length; ++seen)
        if (predicate(this.requests[seen])) return this.requests[seen];
      await once(this, 'request');
    }
  }

  /** From now on bytes of that path from `at` on are held back until open() is called; `reached` tells when one was wanted. */
  gate(pathname, at) {
    const gate = { at };
    gate.opened = new Promise(open => { gate.open = open; });
    const reached = new Promise(tell => { gate.reached = tell; });
    this.#gates.set(pathname, gate);
    return { reached, open: () => { this.#gates.delete(pathname); gate.open(); } };
  }

  async close() {
    for (const gate of this.#gates.values()) gate.open();
    await Promise.all(this.#servers.map(({ server }) => {
      server.closeAllConnections();
      return new Promise(done => server.close(done));
    }));
  }

  async #serve(request, response) {
    try {
      const url = new URL(request.url, 'http://site');
      const body = request.method === 'POST' ? await bodyOf(request) : '';
      this.requests.push({ method: request.method, path: url.pathname, url: request.url, host: request.headers.host, headers: request.headers, body });
      this.emit('request');
      await this.#route(request, response, url, body);
    } catch (error) {
      if (!response.headersSent) answer(response, 500, String(error));
      else response.destroy();
    }
  }

  async #route(request, response, url, body) {
    const [, door, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const name = rest.join('/');
    if (rest.includes('..')) return answer(response, 400);
    const media = (file, how = {}) => sendFile(request, response, this.file(file),
      { gate: this.#gates.get(url.pathname), rate: Number(url.searchParams.get('rate')), ...how });
    if (!name && door !== 'login' && door !== 'order' && door !== 'requests') return this.#page(request, response, door || 'index');
    switch (door) {
      case 'media':
      case 'ads':
        return media(name, { headers: { 'Access-Control-Allow-Origin': '*' } });
      case 'players':
        return kPlayers[name] ? sendFile(request, response, kPlayers[name]) : answer(response, 404);
      case 'api': // a player that gives nothing away: no extension, no type
        if (name === 'part/7f3a') return media('fmp4/film.m4s', { headers: { 'Content-Type': 'application/octet-stream' } });
        return answer(response, 200, (await readFile(this.file('fmp4/film.m3u8'), 'utf8')).replaceAll('film.m4s', '/api/part/7f3a'),
          { 'Content-Type': 'application/octet-stream' });
      case 'login':
        return redirect(response, '/members', { 'Set-Cookie': `session=${kSession}; HttpOnly; SameSite=Lax; Path=/` });
      case 'members':
        return this.#members(request, response, name, media);
      case 'signed':
        if (url.searchParams.get('signature') !== sign(name, url.searchParams.get('expires'))) return answer(response, 403, 'not signed');
        return Number(url.searchParams.get('expires')) < Date.now() ? answer(response, 403, 'expired') : media(name);
      case 'attachment':
        return redirect(response, `/files/${name}`);
      case 'files':
        return media(name, { headers: { 'Content-Type': 'application/octet-stream', 'Content-Disposition': `attachment; filename="${name}"` } });
      case 'order': // a download that only a POST can have
        if (request.method !== 'POST') return answer(response, 405, 'POST only');
        return media('second.mp4', { headers: { 'Content-Disposition': `attachment; filename="order-${new URLSearchParams(body).get('number')}.mp4"` } });
      case 'once':
        if (this.#used.has(url.href)) return answer(response, 410, 'this link worked once');
        this.#used.add(url.href);
        return media('second.mp4', { headers: { 'Content-Disposition': 'attachment; filename="once.mp4"', 'Accept-Ranges': 'none' } });
      case 'live':
        return this.#live(response, url, name, media);
      case 'requests':
        return answer(response, 200, JSON.stringify(this.requests), { 'Content-Type': 'application/json' });
      default:
        return this.#page(request, response, door);
    }
  }

  #members(request, response, name, media) {
    if (cookiesOf(request).session !== kSession) return answer(response, 403, 'log in first');
    if (!(request.headers.referer ?? '').startsWith(`http://${request.headers.host}/`)) return answer(response, 403, 'not from our page');
    return media(name === 'film.key' ? 'aes/film.key' : name);
  }

  /** A show begins when its playlist is asked for the first time, and ends after so many segments. */
  #live(response, url, name, media) {
    if (!name.endsWith('.m3u8')) return media(`live/${name}`);
    const show = name.slice(0, -'.m3u8'.length);
    if (!this.#liveSince.has(show)) this.#liveSince.set(show, Date.now());
    const playlist = livePlaylist((Date.now() - this.#liveSince.get(show)) / 1000, Number(url.searchParams.get('length') ?? 40));
    return answer(response, 200, playlist, { 'Content-Type': 'application/vnd.apple.mpegurl' });
  }

  async #page(request, response, name) {
    if (/\.(js|css)$/.test(name)) return sendFile(request, response, path.join(here, 'pages', name));
    const text = await readFile(path.join(here, 'pages', `${name}.html`), 'utf8').catch(() => null);
    if (text === null) return answer(response, 404, 'no such page');
    const values = {
      other: this.otherUrl,
      signed: shortLived('film.mp4'),
      index: async () => (await readdir(path.join(here, 'pages'))).filter(file => file.endsWith('.html') && file !== 'index.html')
        .map(file => file.slice(0, -5)).map(page => `<li><a href="/${page}">${page}</a>`).join('\n'),
      inline: async () => (await readFile(this.file('ad.mp4'))).toString('base64'),
    };
    let page = text;
    for (const [key, value] of Object.entries(values))
      if (page.includes(`{{${key}}}`)) page = page.replaceAll(`{{${key}}}`, typeof value === 'function' ? await value() : value);
    answer(response, 200, page, { 'Content-Type': 'text/html; charset=utf-8' });
  }
}

/** @param {{port?: number}} options */
export const startSite = ({ port = 0 } = {}) => new Site().start(port);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = process.argv.indexOf('--port');
  const site = await startSite({ port: port < 0 ? 0 : Number(process.argv[port + 1]) });
  console.log(site.url);
}
