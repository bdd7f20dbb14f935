import assert from 'node:assert/strict';
import test from 'node:test';
import { classify, dispositionName, readResponse } from '../capture.js';
import { kRules, rulesWith } from './rules_fixture.js';

const verdict = (url, mime = '', size = -1, rules = rulesWith({})) => classify({ url, mime, size }, rules);

test('what is what', () => {
  const cases = [
    ['https://a/film.mp4', 'video/mp4', 5e6, 'media'],
    ['https://a/stream', 'video/webm; codecs=vp9', -1, 'media'],
    ['https://a/film.mp4', 'application/octet-stream', 5e6, 'media'],
    ['https://a/song.mp3', 'audio/mpeg', 5e6, 'media'],
    ['https://a/click.mp3', 'audio/mpeg', 900, 'none'],
    ['https://a/x', 'application/octet-stream', 5e6, 'none'],
    ['https://a/x', 'application/vnd.apple.mpegurl', 300, 'playlist'],
    ['https://a/x', 'Application/X-MPEGURL; charset=utf-8', 300, 'playlist'],
    ['https://a/x.m3u8', 'text/plain', 300, 'playlist'],
    ['https://a/x.mpd', 'application/octet-stream', 300, 'playlist'],
    ['https://a/x.m3u8', 'text/html', 300, 'none'],
    ['https://a/seg1.ts', 'video/mp2t', 5e5, 'segment'],
    ['https://a/seg1.m4s', 'video/mp4', 5e5, 'segment'],
    ['https://a/x.js', 'text/javascript', 5e5, 'none'],
    ['https://a/poster.mp4', 'image/jpeg', 5e5, 'none'],
    ['https://r.doubleclick.net/ad.mp4', 'video/mp4', 5e6, 'none'],
    ['https://notdoubleclick.net/film.mp4', 'video/mp4', 5e6, 'media'],
    ['blob:https://a/1', 'video/mp4', 5e6, 'none'],
    ['data:video/mp4,xx', 'video/mp4', 5e6, 'none'],
    ['no address', 'video/mp4', 5e6, 'none'],
  ];
  for (const [url, mime, size, expected] of cases) assert.equal(verdict(url, mime, size), expected, `${url} ${mime} ${size}`);
});

test("the user's own rules go first, in their order", () => {
  const rules = rulesWith({}, [
    { pattern: 'https://cdn.a/*/keep/*', verdict: 'media' },
    { pattern: 'https://cdn.a/*', verdict: 'none' },
  ]);
  assert.equal(verdict('https://cdn.a/1/film.mp4', 'video/mp4', 5e6, rules), 'none');
  assert.equal(verdict('https://cdn.a/1/keep/x.bin', 'application/octet-stream', 10, rules), 'media');
  assert.equal(verdict('https://b/film.mp4', 'video/mp4', 5e6, rules), 'media');
});

test('rules from elsewhere replace only what has the right shape', () => {
  const rules = rulesWith({ media: { minBytes: 'no', types: ['video/', 7] }, playlist: null, ignoredHosts: 'all', unknown: 1 });
  assert.equal(rules.media.minBytes, kRules.media.minBytes);
  assert.deepEqual(rules.media.types, ['video/']);
  assert.deepEqual(rules.playlist, kRules.playlist);
  assert.deepEqual(rules.ignoredHosts, kRules.ignoredHosts);
  assert.ok(!('unknown' in rules));
  for (const given of [null, 5, 'x', [], { media: [] }]) assert.deepEqual(rulesWith(given).media, kRules.media);
});

test('an own rule must be one', () => {
  const rules = rulesWith({}, [
    { pattern: '', verdict: 'none' },
    { pattern: 'x', verdict: 'evil' },
    null,
    { pattern: 'y'.repeat(999), verdict: 'none' },
    { pattern: 'ok', verdict: 'media' },
  ]);
  assert.deepEqual(rules.own, [{ pattern: 'ok', verdict: 'media' }]);
});

const headers = object => Object.entries(object).map(([name, value]) => ({ name, value }));

test('the size is that of the whole, also of a reply to a range', () => {
  const size = (status, object) => readResponse('https://a/x', 'media', status, headers(object)).size;
  assert.equal(size(206, { 'Content-Range': 'bytes 0-99/5000', 'Content-Length': '100' }), 5000);
  assert.equal(size(206, { 'Content-Length': '100' }), -1);
  assert.equal(size(200, { 'Content-Length': '100' }), 100);
  assert.equal(size(200, { 'Content-Length': '100', 'Content-Encoding': 'gzip' }), -1);
  assert.equal(size(200, { 'Content-Length': '-5' }), -1);
  assert.equal(size(200, { 'Content-Length': '9'.repeat(40) }), -1);
});

test('names in Content-Disposition', () => {
  for (const [text, expected] of [
    ['attachment; filename="a b.zip"', 'a b.zip'],
    ['attachment; filename=a.zip; size=1', 'a.zip'],
    ["attachment; filename=x; filename*=UTF-8''%E4%BD%A0.zip", '你.zip'],
    ["attachment; filename=x.zip; filename*=UTF-8''%ZZ", 'x.zip'],
    ['inline', ''],
    ['attachment; filename="a\\"b.zip"', 'a"b.zip'],
  ])
    assert.equal(dispositionName(text), expected);
  assert.ok(readResponse('https://a', 'main_frame', 200, headers({ 'content-disposition': ' Attachment;x' })).attachment);
});
