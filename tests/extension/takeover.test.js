// Downloads of the browser: taken over when the user wants that and the daemon has them; in every other case the browser keeps them.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { change, openPopup, playerButton, press } from './support/extension.js';
import { assertFilm, probe } from './support/probe.js';
import { inWorld } from './support/world.js';

const kEarly = 100_000;
/** One with which a click on a link still downloads it. */
const kBypass = { chromium: 'Alt', firefox: 'Control' };

/** The extension takes over what it can. */
async function takeOver(world, settings = {}) {
  const inside = await world.browser.extension('options/options.html');
  if (world.browserName === 'firefox') await world.browser.grant('webRequestBlocking');
  await change(inside, { takeOver: true, takeOverBytes: 1000, ...settings });
  await inside.close();
}

async function downloadsPage(world, settings) {
  await takeOver(world, settings);
  return world.browser.open(`${world.site.url}/downloads`);
}

/** A download is taken over, held up in the middle, and given back by one click in the popup. */
async function giveBack(world, tab) {
  const gate = world.site.gate('/files/film.mp4', kEarly);
  await tab.click('#direct');
  const daemon = await world.daemon();
  const task = await daemon.task(({ done }) => done > 0);
  assert.deepEqual(await readdir(world.browserDownloads), []);
  await press(await openPopup(world.browser, tab), 'Give it back to the browser');
  await daemon.gone(task.id);
  gate.open();
  assert.deepEqual(await readdir(path.dirname(task.path)), []);
}

for (const name of kBrowsers) {
  test(`${name}: an attachment behind a redirect is taken over`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await downloadsPage(world);
    await tab.click('#attachment');
    await assertFilm(await (await world.daemon()).ended(), { seconds: 8 });
    assert.deepEqual(await readdir(world.browserDownloads), []);
  }));

  for (const [what, button, file, seconds] of [['a form has asked for', '#order', 'order-42.mp4', 8], ['works only once', '#once', 'once.mp4', 8], ['the page has made', '#made', 'made.bin', 0]])
    test(`${name}: a download that ${what} stays with the browser, whole`, { timeout: kTimeout }, inWorld(name, {}, async world => {
      const tab = await downloadsPage(world);
      await tab.click(button);
      const path = await world.browserFile(file);
      if (seconds) assert.ok(Math.abs((await probe(path)).seconds - seconds) < 1);
      assert.deepEqual([...(await world.daemon()).tasks.values()].filter(({ state }) => state === 'done'), []);
      assert.deepEqual(await readdir(world.downloads), []);
    }));

  test(`${name}: without the host the browser keeps its downloads`, { timeout: kTimeout }, inWorld(name, { daemon: false, host: false }, async world => {
    const tab = await downloadsPage(world);
    await tab.click('#direct');
    assert.ok(Math.abs((await probe(await world.browserFile('film.mp4'))).seconds - 12) < 1);
  }));

  test(`${name}: who has not asked for it keeps all downloads in the browser`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/downloads`);
    await tab.click('#direct');
    await world.browserFile('film.mp4');
    assert.equal((await world.daemon()).tasks.size, 0);
  }));

  test(`${name}: what was taken over goes back to the browser with one click`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    await giveBack(world, await downloadsPage(world));
    assert.ok(Math.abs((await probe(await world.browserFile('film.mp4'))).seconds - 12) < 1);
  }));

  test(`${name}: in a private window, too, and into no history`, { timeout: kTimeout }, inWorld(name, { browser: { privately: true } }, async world => {
    await takeOver(world);
    await giveBack(world, await world.browser.openPrivate(`${world.site.url}/downloads`));
    // The file itself is not looked at: of a private window, Chromium asks where to save it, and nobody is there to answer.
    const inside = await world.browser.extension('options/options.html');
    const seen = await inside.until(() => chrome.downloads.search({}).then(all => all.length && all.map(({ incognito, url }) => [incognito, new URL(url).pathname])));
    assert.deepEqual(seen, [[true, '/files/film.mp4']]);
  }));

  test(`${name}: the bypass key leaves a download to the browser`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    await takeOver(world, { bypassKey: { Alt: 'alt', Control: 'ctrl' }[kBypass[name]] });
    const tab = await world.browser.open(`${world.site.url}/plain`);
    await playerButton(tab, /^Download this video$/); // what this page's script has asked for before, the key, has come
    await tab.run(() => document.querySelector('main').insertAdjacentHTML('beforeend', '<a id="link" href="/files/third.mp4">third</a>'));
    await tab.click('#link', { key: kBypass[name] });
    await world.browserFile('third.mp4');
    assert.equal((await world.daemon()).tasks.size, 0);
  }));
}
