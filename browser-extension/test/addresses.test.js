import assert from 'node:assert/strict';
import test from 'node:test';
import { extensionOf, folderOf, globMatches, hostMatches, isBrowsersOwn, sameKey } from '../addresses.js';

test('the extension is that of the last part of the path, not of the query', () => {
  assert.equal(extensionOf('https://a.example/x/film.MP4?file=a.zip#t=1'), 'mp4');
  assert.equal(extensionOf('https://a.example/v1.2/film'), '');
  assert.equal(extensionOf('https://a.example/film.averylongext'), '');
  assert.equal(extensionOf('not an address'), '');
});

test('what belongs to the browser or another program is no download; any other scheme may be', () => {
  for (const url of ['javascript:alert(1)', 'data:,x', 'blob:https://a/1', 'file:///etc/passwd', 'about:blank', 'mailto:a@b', 'chrome-extension://x/y', 'moz-extension://x/y', '', 'no address'])
    assert.ok(isBrowsersOwn(url), url);
  for (const url of ['https://a.example/', 'ftp://a/', 'magnet:?xt=1', 'gopher://a/9/b', 'my+own-1.2://a']) assert.ok(!isBrowsersOwn(url), url);
});

test('a host matches itself and what is below it, not what only ends alike', () => {
  assert.ok(hostMatches('ads.example.net', 'example.net'));
  assert.ok(hostMatches('example.net', 'example.net'));
  assert.ok(!hostMatches('badexample.net', 'example.net'));
});

test('stars stand for anything', () => {
  for (const [pattern, text, expected] of [
    ['*.pdf', 'a.pdf', true],
    ['*.pdf', 'a.pdf.exe', false],
    ['https://*/v/*', 'https://x/v/1', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
    ['', '', true],
    ['*', '', true],
    ['a', '', false],
    ['**', 'anything', true],
  ])
    assert.equal(globMatches(pattern, text), expected, `${pattern} ${text}`);
});

test('a pattern made to be slow is not', () => {
  assert.equal(globMatches('*a'.repeat(2000) + 'b', 'a'.repeat(4000)), false);
});

test('the same thing has one key', () => {
  assert.equal(sameKey('https://a/x?id=1&range=0-5#t', ['range']), 'https://a/x?id=1');
  assert.equal(sameKey('blob:https://a/1', ['range']), 'blob:https://a/1');
  assert.equal(folderOf('https://a/b/c.m3u8?q=/x/'), 'https://a/b/');
});
