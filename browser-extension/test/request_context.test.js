import assert from 'node:assert/strict';
import test from 'node:test';
import { cookieLine, isRepeatable, keptHeaders, secretsFor, taskItem } from '../request_context.js';

const seen = list => list.map(([name, value]) => ({ name, value }));

test('headers of one transfer and of one connection are dropped, the rest is kept in order', () => {
  const dropped = [
    'Range',
    'If-Range',
    'If-None-Match',
    'If-Modified-Since',
    'Accept-Encoding',
    'Host',
    'Connection',
    'Content-Length',
  ];
  assert.deepEqual(keptHeaders(seen([...dropped.map(name => [name, '1']), ['X-Token', 'a'], ['Accept', '*/*']])), [
    ['X-Token', 'a'],
    ['Accept', '*/*'],
  ]);
});

test('nothing that would break a request gets through', () => {
  assert.deepEqual(
    keptHeaders(
      seen([
        ['X', 'a\r\nEvil: 1'],
        ['Bad Name', 'x'],
        ['', 'x'],
        ['Y', 'a\0b'],
        ['Big', 'x'.repeat(20000)],
        ['Ok', '1'],
      ]),
    ),
    [['Ok', '1']],
  );
  assert.equal(keptHeaders(seen(Array.from({ length: 500 }, (_, i) => [`X-${i}`, '1']))).length, 64);
});

test('the secrets of a task', () => {
  const record = {
    method: 'GET',
    headers: [
      ['Cookie', 'a=1; b=2'],
      ['Referer', 'https://p/#x'],
      ['User-Agent', 'UA'],
      ['X-Token', 't'],
    ],
  };
  assert.deepEqual(secretsFor(record, { cookies: 'c=3', referer: 'https://other/' }), {
    headers: ['X-Token: t'],
    cookies: ['a=1; b=2'],
    referer: 'https://p/',
    userAgent: 'UA',
  });
  assert.deepEqual(secretsFor(null, { cookies: 'c=3', referer: 'https://p/', userAgent: 'UA' }), {
    cookies: ['c=3'],
    referer: 'https://p/',
    userAgent: 'UA',
  });
  assert.deepEqual(secretsFor(null, { referer: 'about:blank', cookies: 'a\nb' }), {});
  assert.deepEqual(secretsFor({ method: 'POST', body: 'x=1', headers: [] }), { method: 'POST', body: 'x=1' });
});

test('an item of task.add says only what there is', () => {
  assert.deepEqual(taskItem({ url: 'https://a/x', token: 't', request: null }), {
    url: 'https://a/x',
    token: 't',
    options: {},
    secrets: {},
  });
  assert.equal(taskItem({ url: 'https://a/x', token: 't', request: null, private: true }).private, true);
});

test('only GET is repeated without asking', () => {
  assert.ok(isRepeatable(null));
  assert.ok(isRepeatable({ method: 'GET' }));
  assert.ok(!isRepeatable({ method: 'POST' }));
});

test('the cookie line: longer paths first, nothing that would break it', () => {
  const cookie = (name, value, path = '/') => ({ name, value, path });
  assert.equal(
    cookieLine([cookie('a', '1'), cookie('b', '2', '/deep/'), cookie('c', 'x;y'), cookie('', 'z'), cookie('d', 'e\r\nf')]),
    'b=2; a=1',
  );
});
