import assert from 'node:assert/strict';
import test from 'node:test';
import { fraction, rateText, sizeText, timeText } from '../format.js';
import { filterRows, kindOf, readLinks, rowsOf } from '../link_list.js';
import { readElements, readHint } from '../page_messages.js';
import { curvePath, RateHistory } from '../rate_curve.js';
import { allowed, kDefaults, readSettings } from '../settings.js';

test('numbers as people read them', () => {
  assert.deepEqual([0, 999, 1024, 1536, 10 << 20, 5e12].map(sizeText), ['0 B', '999 B', '1.0 KB', '1.5 KB', '10 MB', '4.5 TB']);
  assert.deepEqual([null, undefined, -1, NaN].map(sizeText), ['', '', '', '']);
  assert.equal(rateText(0), '0 B/s');
  assert.deepEqual([0, 75, 3661, null, Infinity].map(timeText), ['0:00', '1:15', '1:01:01', '', '']);
  assert.equal(fraction({ state: 'running', size: null, done: 5 }), -1);
  assert.equal(fraction({ state: 'running', size: 4, done: 5 }), 1);
});

test('links are read as hostile text', () => {
  assert.deepEqual(
    readLinks([{ url: 'javascript:alert(1)' }, { url: 'file:///etc/passwd' }, null, 5, { url: 'https://a/x.zip', text: 7 }]),
    [{ url: 'https://a/x.zip', text: '', name: '' }],
  );
  assert.deepEqual(readLinks('no'), []);
  assert.equal(readLinks(Array.from({ length: 9000 }, (_, i) => ({ url: `https://a/${i}` }))).length, 5000);
});

test('a list of links: doubles, known ones, filter', () => {
  const rows = rowsOf(
    [
      { url: 'https://a/x.zip', text: '', name: '' },
      { url: 'https://a/x.zip#top', text: 'The archive', name: '' },
      { url: 'https://a/film.mp4', text: 'Film', name: '' },
      { url: 'https://a/page', text: 'Read more', name: '' },
      { url: 'magnet:?xt=1&dn=Linux', text: '', name: '' },
    ],
    new Set(['https://a/film.mp4']),
  );
  assert.deepEqual(
    rows.map(row => [row.kind, row.times, row.known]),
    [
      ['archive', 2, false],
      ['video', 1, true],
      ['page', 1, false],
      ['magnet', 1, false],
    ],
  );
  assert.equal(rows[0].text, 'The archive');
  assert.equal(rows[3].fileName, 'Linux');
  const found = (words, kinds = []) => filterRows(rows, { words, kinds }).map(row => row.url);
  assert.deepEqual(found('*.ZIP'), ['https://a/x.zip']);
  assert.deepEqual(found('the arch'), ['https://a/x.zip']);
  assert.deepEqual(found('', ['video', 'magnet']), ['https://a/film.mp4', 'magnet:?xt=1&dn=Linux']);
  assert.deepEqual(found('film', ['archive']), []);
  assert.equal(kindOf('https://a/index.php'), 'page');
});

test('the curve', () => {
  const history = new RateHistory(5, 1000);
  history.add(1, 1000);
  history.add(2, 1900);
  history.add(3, 5000);
  assert.deepEqual(history.samples, [2, 0, 0, 0, 3]);
  for (let i = 0; i < 50; i++) history.add(i, 6000 + i * 1000);
  assert.equal(history.samples.length, 5);
  history.add(9, 1e9);
  assert.deepEqual(history.samples, [0, 0, 0, 0, 9]);
  assert.equal(curvePath([0, 5, 10], 40, 10, 5), 'M20 10L30 5L40 0');
  assert.equal(curvePath([1], 40, 10), '');
  assert.equal(curvePath([0, 0], 40, 10, 5), 'M30 10L40 10');
});

test('messages of pages are cut and checked', () => {
  const seen = readElements({
    title: 'x'.repeat(9999),
    image: 'javascript:1',
    elements: [{ src: 'https://a/x', width: -5, duration: 'a', playing: 1, poster: 'data:x' }, null, ...Array(100).fill({})],
  });
  assert.equal(seen.title.length, 500);
  assert.equal(seen.image, '');
  assert.equal(seen.elements.length, 39);
  assert.deepEqual(seen.elements[0], {
    src: 'https://a/x',
    width: 0,
    height: 0,
    duration: 0,
    playing: false,
    decorative: false,
    audio: false,
    title: '',
    poster: '',
  });
  assert.deepEqual(readElements({ elements: 'x' }).elements, []);
});

test('hints too', () => {
  assert.equal(readHint(null), null);
  assert.equal(readHint({ kind: 'other', url: 'https://a' }), null);
  assert.equal(readHint({ kind: 'playlist', url: 'file:///x' }), null);
  assert.equal(readHint({ kind: 'source', url: 'https://a\u0000'.repeat(9000) }), null);
  const hint = readHint({
    kind: 'playlist',
    url: 'https://a/x',
    children: ['https://a/1', 'javascript:1', 5, ...Array(500).fill('https://a/2')],
  });
  assert.ok(hint.children.length <= 64 && hint.children.every(url => url.startsWith('https://')));
  assert.deepEqual(readHint({ kind: 'source', url: 'blob:x', of: 'blob', mime: 'video/mp4"<', size: -4 }), {
    kind: 'source',
    url: 'blob:x',
    of: 'blob',
    mime: 'video/mp4',
    size: -1,
  });
});

test('settings: only what is valid, else the default', () => {
  assert.deepEqual(readSettings(undefined), kDefaults);
  const read = readSettings({
    ask: 'yes',
    limit: -1,
    bypassKey: 'meta',
    quality: '<x>',
    takeOverExtensions: ['zip', '../x', 5],
    sites: { a: { button: false, evil: 1 }, b: {}, c: 5 },
  });
  assert.equal(read.ask, true);
  assert.equal(read.limit, 0);
  assert.equal(read.bypassKey, '');
  assert.equal(read.quality, 'best');
  assert.deepEqual(read.takeOverExtensions, ['zip']);
  assert.deepEqual(read.sites, { a: { button: false } });
});

test('a site goes before its parents and the general setting', () => {
  const settings = readSettings({
    button: true,
    sites: { 'example.org': { button: false }, 'a.example.org': { button: true } },
  });
  assert.ok(!allowed(settings, 'https://www.example.org/x', 'button'));
  assert.ok(allowed(settings, 'https://b.a.example.org/x', 'button'));
  assert.ok(allowed(settings, 'https://notexample.org/x', 'button'));
  assert.ok(allowed(settings, 'no address', 'button'));
  assert.ok(allowed(settings, 'https://www.example.org/x', 'capture'));
});
