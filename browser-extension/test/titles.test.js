import assert from 'node:assert/strict';
import test from 'node:test';
import { cleanTitle, fileNameFor, saysSomething, titleFromUrl } from '../titles.js';

test('titles without what is not part of them', () => {
  for (const [title, url, expected] of [
    ['(3) A film - YouTube', 'https://www.youtube.com/watch?v=1', 'A film'],
    ['▶ A film | Site Name', 'https://sitename.example/', 'A film'],
    ['A film - part two', 'https://site.example/', 'A film - part two'],
    ['  A\n\tfilm  ', 'https://site.example/', 'A film'],
    ['(99+) News', 'https://site.example/', 'News'],
    ['第一集 - 优酷', 'https://v.youku.com/', '第一集 - 优酷'],
    ['', 'https://site.example/', ''],
    ['(500) days', 'https://site.example/', 'days'],
  ])
    assert.equal(cleanTitle(title, url), expected);
  assert.ok([...cleanTitle('😀'.repeat(1000), '')].length <= 151);
});

test('names of files', () => {
  const name = (title, more = {}) =>
    fileNameFor({ kind: 'media', url: 'https://a/x.webm', mime: 'video/webm', title, ...more });
  assert.equal(name('A film'), 'A film.webm');
  assert.equal(name('A film.webm'), 'A film.webm');
  assert.equal(name('A film', { kind: 'playlist' }), 'A film.mp4');
  assert.equal(name('Song', { mime: 'audio/mpeg' }), 'Song.mp3');
  assert.equal(name('x', { mime: '', url: 'https://a/b.mkv' }), 'x.mkv');
  assert.equal(name('../../etc/passwd'), 'etc passwd.webm');
  assert.equal(name('a:b*c?"<>|\u0000\u202Egpj.exe'), 'a b c gpj.exe.webm');
  assert.equal(name('...'), '');
  assert.equal(name(''), '');
});

test('what an address tells', () => {
  assert.equal(titleFromUrl('https://a/b/My%20film.mp4?x=1'), 'My film');
  assert.equal(titleFromUrl('https://a/b/%ZZ.mp4'), '%ZZ');
  assert.equal(titleFromUrl('https://a.example/'), 'a.example');
  assert.ok(saysSomething('big-buck-bunny'));
  for (const name of ['index', 'master', '0123456789abcdef', '42', 'videoplayback'.slice(0, 5)])
    assert.ok(!saysSomething(name), name);
});
