import assert from 'node:assert/strict';
import test from 'node:test';
import { MediaList } from '../media_list.js';
import { rulesWith } from './rules_fixture.js';

const kTab = 7;

function list() {
  const media = new MediaList(rulesWith({}));
  media.begin(kTab, 'https://site.example/watch');
  let time = 1000;
  const add = (kind, url, more = {}) =>
    media.add(kTab, { kind, url, type: 'xmlhttprequest', frameId: 0, time: (time += 10), size: 5e6, mime: '', ...more });
  const element = (src, more = {}) => ({
    src,
    width: 640,
    height: 360,
    duration: 60,
    playing: true,
    decorative: false,
    audio: false,
    title: '',
    poster: '',
    ...more,
  });
  const show = (elements, frameId = 0) =>
    media.noteElements(kTab, frameId, { title: 'A film - Site', image: '', elements }, (time += 10));
  const hint = (given, frameId = 0) => media.noteHint(kTab, frameId, given, (time += 10), null);
  return { media, add, element, show, hint, urls: () => media.offers(kTab).map(entry => entry.url) };
}

test('one file asked for in ranges is one entry, with the newest request', () => {
  const { add, urls, media } = list();
  add('media', 'https://c/film.mp4?range=0-9', { request: { method: 'GET', headers: [['Cookie', 'old']] } });
  add('media', 'https://c/film.mp4?range=10-19#x', { request: { method: 'GET', headers: [['Cookie', 'new']] } });
  assert.deepEqual(urls(), ['https://c/film.mp4']);
  assert.equal(media.offers(kTab)[0].request.headers[0][1], 'new');
});

test('a later request with another method does not replace the first', () => {
  const { add, media } = list();
  add('media', 'https://c/film.mp4', { request: { method: 'GET', headers: [] } });
  add('media', 'https://c/film.mp4', { request: { method: 'POST', headers: [] } });
  assert.equal(media.offers(kTab)[0].request.method, 'GET');
});

test('the qualities of a stream belong to its entry, when its text was read', () => {
  const { add, hint, urls } = list();
  add('playlist', 'https://c/a/master.m3u8');
  hint({
    kind: 'playlist',
    url: 'https://c/a/master.m3u8',
    master: true,
    children: ['https://d/low.m3u8', 'https://d/high.m3u8'],
  });
  add('playlist', 'https://d/low.m3u8');
  add('playlist', 'https://d/high.m3u8');
  assert.deepEqual(urls(), ['https://c/a/master.m3u8']);
});

test('and when it was not, those that come soon from at or below its folder', () => {
  const { add, urls } = list();
  add('playlist', 'https://c/a/master.m3u8');
  add('playlist', 'https://c/a/low/index.m3u8');
  add('playlist', 'https://c/b/other.m3u8');
  add('playlist', 'https://c/a/much-later.m3u8', { time: 90_000 });
  assert.deepEqual(urls().sort(), ['https://c/a/master.m3u8', 'https://c/a/much-later.m3u8', 'https://c/b/other.m3u8']);
});

test('a guessed quality that turns out to be a stream of its own becomes an entry', () => {
  const { add, hint, urls } = list();
  add('playlist', 'https://c/one.m3u8');
  add('playlist', 'https://c/two.m3u8');
  assert.equal(urls().length, 1);
  hint({ kind: 'playlist', url: 'https://c/one.m3u8', master: false, children: [] });
  hint({ kind: 'playlist', url: 'https://c/two.m3u8', master: false, children: [] });
  assert.deepEqual(urls().sort(), ['https://c/one.m3u8', 'https://c/two.m3u8']);
});

test('an element that shows a guessed quality makes it an entry', () => {
  const { add, show, element, urls } = list();
  add('playlist', 'https://c/one.m3u8', { type: 'media' });
  add('playlist', 'https://c/two.m3u8', { type: 'media' });
  show([element('https://c/one.m3u8'), element('https://c/two.m3u8')]);
  assert.deepEqual(urls().sort(), ['https://c/one.m3u8', 'https://c/two.m3u8']);
});

test('pieces of a known stream are not listed, before or after it is known', () => {
  const { add, hint, urls } = list();
  add('media', 'https://c/init.mp4', { time: 5000 });
  hint({ kind: 'playlist', url: 'https://c/hidden', master: false, children: [] });
  assert.deepEqual(urls(), ['https://c/hidden']);
  add('media', 'https://c/seg1.mp4');
  assert.deepEqual(urls(), ['https://c/hidden']);
});

test('numbered pieces without a playlist are no offers', () => {
  const { add, urls } = list();
  for (let i = 1; i < 8; i++) add('media', `https://c/piece-${i}.mp4`);
  assert.deepEqual(urls(), []);
});

test('numbered films that elements show stay', () => {
  const { add, show, element, urls } = list();
  for (let i = 1; i < 5; i++) add('media', `https://c/film${i}.mp4`, { type: 'media' });
  show([1, 2, 3, 4].map(i => element(`https://c/film${i}.mp4`)));
  assert.equal(urls().length, 4);
});

test('decoration, previews and small clips beside a film are not offered', () => {
  const { add, show, element, urls } = list();
  add('media', 'https://c/film.mp4', { type: 'media', size: 9e6 });
  add('media', 'https://c/loop.mp4', { type: 'media', size: 9e5 });
  add('media', 'https://c/preview-3.mp4', { type: 'media', size: 9e5 });
  add('media', 'https://c/short.mp4', { type: 'media', size: 9e5 });
  show([
    element('https://c/film.mp4'),
    element('https://c/loop.mp4', { decorative: true }),
    element('https://c/short.mp4', { duration: 2 }),
  ]);
  assert.deepEqual(urls(), ['https://c/film.mp4']);
});

test('a lone clip is offered whatever its name', () => {
  const { add, show, element, urls } = list();
  add('media', 'https://c/preview.mp4', { type: 'media' });
  show([element('https://c/preview.mp4')]);
  assert.deepEqual(urls(), ['https://c/preview.mp4']);
});

test('what plays comes first', () => {
  const { add, show, element, urls } = list();
  add('media', 'https://c/big.mp4', { type: 'media', size: 9e8 });
  add('media', 'https://c/now.mp4', { type: 'media', size: 9e6 });
  show([element('https://c/big.mp4', { playing: false }), element('https://c/now.mp4')]);
  assert.equal(urls()[0], 'https://c/now.mp4');
});

test('the same file from two hosts is one entry with a mirror', () => {
  const { add, media } = list();
  add('media', 'https://c1/x/film.mp4', { type: 'media', size: 123456 });
  add('media', 'https://c2/y/film.mp4', { type: 'media', size: 123456 });
  const [entry, ...rest] = media.offers(kTab);
  assert.equal(rest.length, 0);
  assert.deepEqual(entry.mirrors, ['https://c2/y/film.mp4']);
});

test('what plays from the cache is found by its element, unless the rules refused it', () => {
  const { media, show, element, urls } = list();
  media.refuse(kTab, 'https://c/ad.mp4');
  show([element('https://c/film.mp4'), element('https://c/ad.mp4'), element('https://c/unloaded.mp4', { duration: 0 })]);
  assert.deepEqual(urls(), ['https://c/film.mp4']);
});

test('a player that is fed by a script belongs to its stream', () => {
  const { media, add, hint, show, element } = list();
  add('playlist', 'https://c/a.m3u8');
  hint({ kind: 'source', url: 'blob:https://site.example/1', of: 'stream' });
  show([element('blob:https://site.example/1')]);
  assert.equal(media.offerFor(kTab, 0, 'blob:https://site.example/1').url, 'https://c/a.m3u8');
  assert.equal(media.offerFor(kTab, 3, 'blob:https://site.example/1'), null);
});

test('in-page data is an offer of its own, or the file that was fetched for it', () => {
  const { media, add, hint, show, element } = list();
  hint({ kind: 'source', url: 'blob:https://site.example/1', of: 'blob', mime: 'video/mp4', size: 777 });
  show([element('blob:https://site.example/1')]);
  assert.equal(media.offers(kTab)[0].kind, 'blob');
  add('media', 'https://c/film.mp4', { size: 777 });
  assert.deepEqual(
    media.offers(kTab).map(entry => entry.kind),
    ['media'],
  );
  assert.equal(media.offerFor(kTab, 0, 'blob:https://site.example/1').url, 'https://c/film.mp4');
});

test('titles: the page, the element, or a telling name', () => {
  const { media, add, show, element } = list();
  add('media', 'https://c/film.mp4', { type: 'media' });
  show([element('https://c/film.mp4')]);
  assert.equal(media.offers(kTab)[0].title, 'A film');
  show([element('https://c/film.mp4', { title: 'Scene one' })]);
  assert.equal(media.offers(kTab)[0].title, 'Scene one');
});

test('another document, another list; another page of the same document keeps what plays', () => {
  const { media, add, show, element, urls } = list();
  add('media', 'https://c/a.mp4', { type: 'media' });
  add('media', 'https://c/b.mp4', { type: 'media' });
  show([element('https://c/b.mp4')]);
  media.turn(kTab, 'https://site.example/next');
  assert.deepEqual(urls(), ['https://c/b.mp4']);
  media.begin(kTab, 'https://other.example/');
  assert.deepEqual(urls(), []);
});

test('a page cannot make the list grow without end', () => {
  const { media, add, hint, urls } = list();
  for (let i = 0; i < 500; i++) {
    add('playlist', `https://c${i}.example/${'abcdefghij'[i % 10]}/x.m3u8`);
    hint({ kind: 'source', url: `blob:${i}`, of: 'stream' });
  }
  assert.ok(urls().length <= 80);
  assert.ok(JSON.stringify(media.pages).length < 100_000);
  for (let tab = 0; tab < 500; tab++) media.begin(tab, 'https://x/');
  assert.ok(Object.keys(media.pages).length <= 61);
});

test('a list goes through storage and numbers on', () => {
  const { media, add } = list();
  add('media', 'https://c/film.mp4');
  const again = new MediaList(rulesWith({}), JSON.parse(JSON.stringify(media.pages)));
  assert.deepEqual(again.offers(kTab), media.offers(kTab));
  const entry = again.add(kTab, { kind: 'media', url: 'https://c/x.webm', type: 'media', frameId: 0, time: 1 });
  assert.notEqual(entry.id, media.offers(kTab)[0].id);
});

test('the last replies to the document before are none of this one', () => {
  const list = new MediaList(rulesWith({}));
  list.begin(1, 'https://site.example/next', 1000);
  assert.equal(list.isLate(1, { time: 990, type: 'media' }), true);
  assert.equal(list.isLate(1, { time: 1001, type: 'media' }), false);
  assert.equal(list.isLate(1, { time: 900, type: 'main_frame' }), false);
  assert.equal(list.isLate(2, { time: 900, type: 'media' }), false);
});

const kFirst = { frameId: 0, url: 'https://site.example/first', document: 'first' };

test('a document that was left asks on until the next one is shown', () => {
  const list = new MediaList(rulesWith({}));
  list.begin(1, kFirst.url, 1000);
  list.greet(1, kFirst);
  list.greet(1, { frameId: 3, url: 'https://ads.example/', document: 'its frame' });
  list.begin(1, 'https://site.example/next', 2000);
  assert.equal(list.isLate(1, { time: 2100, type: 'xmlhttprequest', document: 'first' }), true);
  assert.equal(list.isLate(1, { time: 2100, type: 'xmlhttprequest', document: 'its frame' }), true);
  assert.equal(list.isLate(1, { time: 2100, type: 'xmlhttprequest', document: 'next' }), false);
  list.greet(1, { frameId: 0, url: 'https://site.example/next#part', document: 'next' });
  assert.equal(list.isLate(1, { time: 1900, type: 'xmlhttprequest', document: 'next' }), false);
  list.greet(1, kFirst);
  assert.equal(list.isLate(1, { time: 3000, document: 'first' }), false, 'the user went back to it');
  assert.equal(list.isLate(1, { time: 3000, document: 'next' }), true);
});

test('a document may tell of itself, and of its media, before its reply is seen', () => {
  const list = new MediaList(rulesWith({}));
  const source = { kind: 'source', url: 'blob:https://site.example/1', of: 'stream' };
  list.begin(1, kFirst.url, 1000);
  list.greet(1, kFirst);
  for (const [document, time] of [['the same, loaded again', 2000], ['and again', 3000]]) {
    list.greet(1, { ...kFirst, document });
    list.noteHint(1, 0, source, time, null);
    list.begin(1, kFirst.url, time);
    assert.deepEqual(list.page(1).frames[0].sources, { [source.url]: 'stream' });
    assert.equal(list.isLate(1, { time: time + 100, document }), false);
    assert.equal(list.isLate(1, { time: time + 100, document: 'first' }), document === 'the same, loaded again');
  }
});
