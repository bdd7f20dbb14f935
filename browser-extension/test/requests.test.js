import assert from 'node:assert/strict';
import test from 'node:test';
import { isApart, jarName, jarOf } from '../jar.js';
import { RequestLog } from '../requests.js';

const kUrl = 'https://example.org/film.mp4';

/** A log, and what makes it see one whole request of a tab. */
function watched() {
  const on = {};
  const event = name => ({ addListener: listener => (on[name] = listener) });
  const names = ['onBeforeRequest', 'onSendHeaders', 'onHeadersReceived', 'onCompleted', 'onErrorOccurred'];
  const log = new RequestLog(() => {});
  log.watch(/** @type {any} */ (Object.fromEntries(names.map(name => [name, event(name)]))));
  let last = 0;
  const request = (tab, cookie) => {
    const details = { requestId: String(++last), url: kUrl, method: 'GET', type: 'media', tabId: 1, frameId: 0, timeStamp: last, ...tab };
    on.onBeforeRequest(details);
    on.onSendHeaders({ ...details, requestHeaders: [{ name: 'Cookie', value: cookie }] });
    on.onHeadersReceived({ ...details, statusCode: 200, responseHeaders: [] });
    on.onCompleted(details);
  };
  return { log, request };
}

test('a request is found again by those with the same cookies only', () => {
  const tabs = [
    { incognito: false },
    { incognito: true },
    { incognito: false, cookieStoreId: 'firefox-container-2' },
    { incognito: true, cookieStoreId: 'firefox-private' },
  ];
  for (const own of tabs) {
    const { log, request } = watched();
    request(own, 'session=own');
    for (const tab of tabs) {
      const found = log.find(`${kUrl}#t=10`, jarOf(tab));
      if (tab === own) assert.deepEqual(found?.headers, [['Cookie', 'session=own']]);
      else assert.equal(found, null, `${jarName(jarOf(own))} was found for ${jarName(jarOf(tab))}`);
    }
  }
});

test('of the same cookies the newest request counts', () => {
  const { log, request } = watched();
  request({ incognito: false }, 'old=1');
  request({ incognito: true }, 'private=1');
  request({ incognito: false }, 'new=1');
  assert.equal(log.find(kUrl, jarOf({ incognito: false }))?.headers[0][1], 'new=1');
});

test('our own pages send the ordinary cookies', () => {
  assert.equal(isApart(jarOf({ incognito: false })), false);
  assert.equal(isApart(jarOf({ incognito: false, cookieStoreId: 'firefox-default' })), false);
  assert.equal(isApart(jarOf({ incognito: true })), true);
  assert.equal(isApart(jarOf({ incognito: false, cookieStoreId: 'firefox-container-1' })), true);
});
