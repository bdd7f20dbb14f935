// The settings page: what is set there by hand counts from the next page on; permissions are asked for when they are needed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { offers, openPopup, playerButton, press, pressDownload } from './support/extension.js';
import { playing } from './support/in_page.js';
import { assertFilm } from './support/probe.js';
import { inWorld } from './support/world.js';

const kSettings = 'options/options.html';
const verdict = words => document.querySelector('#verdict').textContent.endsWith(words);
const kept = wanted => chrome.storage.local.get('settings').then(({ settings }) => JSON.stringify(settings).includes(wanted));

let pages = 0; // by which the popup tells its tab from the others
/** A fresh plain page, played, and what its popup offers once it has `count` offers. */
async function plainPage(world, count, site = world.site.url) {
  const tab = await world.browser.open(`${site}/plain?${++pages}`);
  await tab.until(playing);
  const popup = await openPopup(world.browser, tab);
  await popup.until(wanted => document.querySelectorAll('#offers > *').length === wanted
    && document.querySelector('#connection').dataset.phase === 'ready', count);
  await tab.front();
  return { tab, popup };
}

for (const name of kBrowsers) {
  test(`${name}: the button is off for a site, and the popup still offers its film; then nothing is looked for there`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const options = await world.browser.extension(kSettings);
    await options.click('#add-site input');
    await options.type('http://127.0.0.1/some/page');
    await press(options, 'Add');
    await options.until(kept, '"127.0.0.1":{"button":false}');
    const { tab } = await plainPage(world, 1);
    const other = await plainPage(world, 1, world.site.otherUrl);
    await playerButton(other.tab, /^Download this video$/);
    await tab.front();
    await tab.hover('video');
    assert.deepEqual(await tab.shadowButtons(), []);

    await options.front();
    await options.click('#sites tbody input[aria-label*="Look for media"]');
    await options.until(kept, '"capture":false');
    const silent = await plainPage(world, 0);
    await playerButton((await plainPage(world, 1, world.site.otherUrl)).tab, /^Download this video$/);
    assert.deepEqual(await offers(silent.popup), []);
  }));

  test(`${name}: a rule of one's own: the test tells what it does, the next page shows it`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const options = await world.browser.extension(kSettings);
    await options.click('#test-url');
    await options.type(`${world.site.url}/media/film.mp4`);
    await options.until(verdict, 'media');
    await options.click('#add-rule input');
    await options.type('*/media/film.mp4');
    await press(options, 'Add rule');
    await options.until(verdict, 'nothing');
    await options.until(kept, '/media/film.mp4');
    await plainPage(world, 0);
    await options.front();
    await press(options, 'Remove */media/film.mp4');
    await options.until(verdict, 'media');
    const { tab } = await plainPage(world, 1);
    await playerButton(tab, /^Download this video$/);
  }));

  test(`${name}: a word when a download has ended, once the user wants it`, { timeout: kTimeout }, inWorld(name, { browser: { granted: ['notifications'] } }, async world => {
    const options = await world.browser.extension(kSettings);
    assert.equal(await options.run(() => chrome.permissions.contains({ permissions: ['notifications'] })), false);
    await options.click('[name=notify]');
    await options.until(kept, '"notify":true');
    // Where nobody can show it, Firefox is done with it at once.
    await options.run(() => {
      window.ended = [];
      chrome.notifications.onClosed.addListener(id => window.ended.push(id));
      return true;
    });
    const tab = await world.browser.open(`${world.site.url}/plain`);
    await tab.until(playing);
    await pressDownload(tab);
    const task = await (await world.daemon()).ended();
    await assertFilm(task, { seconds: 12 });
    await options.front();
    await options.until(id => chrome.notifications.getAll().then(all => [...Object.keys(all), ...window.ended].includes(`task-${id}`)), task.id);
  }));
}
