// What may die in the middle: the extension's worker, the daemon. What may be missing or too old: the host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { openPopup, playerButton, press, pressDownload } from './support/extension.js';
import { playing } from './support/in_page.js';
import { assertFilm } from './support/probe.js';
import { inWorld } from './support/world.js';

const kInTheMiddle = 400_000;
const trouble = () => document.querySelector('#trouble')?.getClientRects().length ? document.querySelector('#trouble').textContent : '';
const taskState = state => document.querySelector('#tasks [data-state]')?.dataset.state === state;
const connected = () => document.querySelector('#connection').dataset.phase === 'ready';

async function plainPage(world) {
  const tab = await world.browser.open(`${world.site.url}/plain`);
  await tab.until(playing);
  return tab;
}

for (const name of kBrowsers) {
  test(`${name}: the browser starts the host, the host the daemon`, { timeout: kTimeout }, inWorld(name, { daemon: false, host: false, browser: false }, async world => {
    await world.weir('browser', 'install', '--browser', name);
    await world.openBrowser();
    const tab = await plainPage(world);
    await pressDownload(tab);
    await assertFilm(await (await world.daemon()).ended(), { seconds: 12 });
    await playerButton(tab, /^Downloaded$/);
  }));

  test(`${name}: the worker ends in the middle`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await plainPage(world);
    const gate = world.site.gate('/media/film.mp4', kInTheMiddle);
    await pressDownload(tab);
    const daemon = await world.daemon();
    await daemon.task(() => true);
    await gate.reached;
    await world.browser.stopWorker();
    const popup = await openPopup(world.browser, tab);
    await popup.until(() => document.querySelectorAll('#offers > *').length === 1);
    gate.open();
    await assertFilm(await daemon.ended(), { seconds: 12 });
    await popup.until(taskState, 'done');
    assert.equal(daemon.tasks.size, 1);
  }));

  test(`${name}: the daemon is killed in the middle`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await plainPage(world);
    const gate = world.site.gate('/media/film.mp4', kInTheMiddle);
    await pressDownload(tab);
    await (await world.daemon()).task(() => true);
    await gate.reached;
    const popup = await openPopup(world.browser, tab);
    await popup.until(connected);
    await world.killDaemon();
    await popup.until(() => document.querySelector('#connection').dataset.phase !== 'ready' || document.querySelector('#trouble')?.getClientRects().length > 0);
    const daemon = await world.daemon(); // the host has started another one
    gate.open();
    await assertFilm(await daemon.ended(), { seconds: 12 });
    await popup.until(connected);
    await popup.until(taskState, 'done');
  }));

  test(`${name}: the host is missing; when it is there, it goes on`, { timeout: kTimeout }, inWorld(name, { host: false }, async world => {
    const tab = await plainPage(world);
    const popup = await openPopup(world.browser, tab);
    assert.match(await popup.until(trouble), /not installed.*weir browser install/s);
    await tab.front();
    await pressDownload(tab);
    const failed = await playerButton(tab, /not installed/);
    await world.registerHost();
    await popup.front();
    await press(popup, 'Try again');
    await popup.until(connected);
    await tab.front();
    await tab.clickAt(failed);
    await assertFilm(await (await world.daemon()).ended(), { seconds: 12 });
  }));

  test(`${name}: the host is of another version`, { timeout: kTimeout }, inWorld(name, { host: false, daemon: false }, async world => {
    await world.registerHost(await world.fakeHost([{ jsonrpc: '2.0', method: 'host.ready', params: { version: '9.0', protocol: 99, daemon: '9.0' } }]));
    const popup = await openPopup(world.browser, await plainPage(world));
    assert.match(await popup.until(trouble), /different versions/);
  }));
}
