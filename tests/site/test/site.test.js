// The sample site itself: what the browser tests build on must be right first.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { judge, kPages } from '../catalogue.js';
import { rangeOf } from '../http.js';
import { livePlaylist } from '../live.js';
import { startSite } from '../site.js';

let site;
before(async () => { site = await startSite(); });
after(() => site?.close());
const get = (path, options = {}) => fetch(site.url + path, { redirect: 'manual', ...options });

test('ranges', () => {
  assert.deepEqual(rangeOf(undefined, 10), { begin: 0, end: 10, part: false });
  assert.deepEqual(rangeOf('bytes=2-4', 10), { begin: 2, end: 5, part: true });
  assert.deepEqual(rangeOf('bytes=-3', 10), { begin: 7, end: 10, part: true });
  assert.deepEqual(rangeOf('bytes=8-', 10), { begin: 8, end: 10, part: true });
  assert.equal(rangeOf('bytes=10-', 10), null);
});

test('a live window slides and ends', () => {
  assert.match(livePlaylist(0, 8), /MEDIA-SEQUENCE:0\n[^]*part04\.ts\n$/);
  assert.match(livePlaylist(2, 8), /MEDIA-SEQUENCE:2\n[^]*part06\.ts\n$/);
  assert.match(livePlaylist(60, 8), /part07\.ts\n#EXT-X-ENDLIST\n$/);
});

test('files come in parts, and whole', async () => {
  const whole = await readFile(site.file('film.mp4'));
  const part = await get('/media/film.mp4', { headers: { Range: 'bytes=100-199' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), `bytes 100-199/${whole.length}`);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(100, 200));
  assert.deepEqual(Buffer.from(await (await get('/media/film.mp4')).arrayBuffer()), whole);
});

test('a gate holds bytes back until it is opened', async () => {
  const gate = site.gate('/media/film.mp4', 1000);
  const reply = get('/media/film.mp4').then(response => response.arrayBuffer());
  await gate.reached;
  gate.open();
  assert.equal((await reply).byteLength, (await readFile(site.file('film.mp4'))).length);
});

test('doors: login and referer, signature, POST, once', async () => {
  const cookie = (await get('/login')).headers.get('set-cookie').split(';')[0];
  assert.equal((await get('/members/film.mp4')).status, 403);
  assert.equal((await get('/members/film.mp4', { headers: { cookie } })).status, 403);
  assert.equal((await get('/members/film.mp4', { headers: { cookie, referer: `${site.url}/members` } })).status, 200);
  const signed = /\/signed\/[^"]*/.exec(await (await get('/signed')).text())[0];
  assert.equal((await get(signed)).status, 200);
  assert.equal((await get(signed.replace(/expires=\d+/, 'expires=1'))).status, 403);
  assert.equal((await get('/order')).status, 405);
  assert.match((await get('/order', { method: 'POST', body: 'number=7' })).headers.get('content-disposition'), /order-7\.mp4/);
  assert.deepEqual([(await get('/once/a')).status, (await get('/once/a')).status], [200, 410]);
});

test('every page of the catalogue is there, and every address that it expects can be had', async () => {
  for (const { page } of kPages.filter(({ login }) => !login)) assert.equal((await get(page)).status, 200, page);
  for (const { first, page } of kPages)
    if (first && !first.startsWith('/members') && !first.startsWith('/signed')) assert.equal((await get(first)).status, 200, page);
});

test('judging a list', () => {
  const page = { first: '/a', also: ['/b'] };
  assert.deepEqual(judge(page, ['http://x/a', 'http://x/b']), { right: true, wrong: [] });
  assert.deepEqual(judge(page, ['http://x/b', 'http://x/a', 'http://x/c']), { right: false, wrong: ['/c'] });
  assert.deepEqual(judge(page, ['http://x/a', 'http://x/a']).wrong, ['/a']);
  assert.equal(judge({}, []).right, true);
});
