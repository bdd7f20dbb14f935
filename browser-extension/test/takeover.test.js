import assert from 'node:assert/strict';
import test from 'node:test';
import { readSettings } from '../settings.js';
import { decide, wouldDownload } from '../takeover.js';
import { rulesWith } from './rules_fixture.js';

const verdict = (download = {}, context = {}, settings = {}) =>
  decide(
    {
      url: 'https://a.example/big.zip',
      page: 'https://a.example/',
      fileName: 'big.zip',
      mime: 'application/zip',
      size: 5e7,
      ...download,
    },
    {
      settings: readSettings({ takeOver: true, ...settings }),
      rules: rulesWith({}),
      request: { method: 'GET' },
      bypass: false,
      ...context,
    },
  );

test('a plain big file is taken', () => assert.deepEqual(verdict(), { take: true, why: '' }));

test('what is left to the browser', () => {
  assert.equal(verdict({}, {}, { takeOver: false }).why, 'off');
  assert.equal(verdict({}, { bypass: true }).why, 'bypass');
  assert.equal(verdict({ byExtension: true }).why, 'extension');
  assert.equal(verdict({ url: 'blob:https://a.example/1' }).why, 'not repeatable');
  assert.equal(verdict({ url: 'data:text/plain,x' }).why, 'not repeatable');
  assert.equal(verdict({ size: 1000 }).why, 'small');
  assert.equal(verdict({ fileName: 'page.html', mime: 'text/html' }).why, 'type');
  assert.equal(verdict({}, {}, { takeOverExtensions: ['iso'] }).why, 'type');
  assert.equal(verdict({}, {}, { sites: { 'a.example': { takeOver: false } } }).why, 'off');
});

test('an unknown size is no reason against it', () => assert.ok(verdict({ size: -1 }).take));

test('a form is sent again only with consent, and only when its body is known', () => {
  assert.equal(verdict({}, { request: { method: 'POST' } }).why, 'not repeatable');
  assert.ok(verdict({}, { request: { method: 'POST', body: 'a=1' } }, { takeOverPost: true }).take);
  assert.equal(verdict({}, { request: { method: 'POST', bodyLost: true } }, { takeOverPost: true }).why, 'not repeatable');
  assert.equal(verdict({}, { request: { method: 'DELETE' } }, { takeOverPost: true }).why, 'not repeatable');
});

test('a site may be on while all others are off', () => {
  assert.ok(
    verdict({}, {}, { takeOver: false, sites: { example: { takeOver: false }, 'a.example': { takeOver: true } } }).take,
  );
});

test('what the browser would save', () => {
  assert.ok(wouldDownload({ type: 'main_frame', attachment: true, mime: 'text/html' }));
  assert.ok(wouldDownload({ type: 'main_frame', attachment: false, mime: 'application/zip' }));
  assert.ok(!wouldDownload({ type: 'main_frame', attachment: false, mime: 'text/html' }));
  assert.ok(!wouldDownload({ type: 'main_frame', attachment: false, mime: 'application/pdf' }));
  assert.ok(!wouldDownload({ type: 'xmlhttprequest', attachment: true, mime: 'application/zip' }));
});
