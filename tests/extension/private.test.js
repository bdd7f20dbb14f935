// Private windows and containers: their cookies reach the server, and nothing of them stays or shows elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { openPopup, press, pressDownload } from './support/extension.js';
import { playing } from './support/in_page.js';
import { assertFilm } from './support/probe.js';
import { inWorld } from './support/world.js';

const kPrivate = { browser: { privately: true } };
const shownTasks = () => [...document.querySelectorAll('#tasks .task .title')].map(title => title.textContent);
const connected = () => document.querySelector('#connection').dataset.phase === 'ready';
const cookieOf = request => request.headers.cookie ?? '';

/** What the extension has on disk, in words. */
const stored = inside => inside.run(async () => JSON.stringify(await chrome.storage.local.get(null)));

/** The popup of an ordinary tab when it is up to date, and what a search there finds. */
async function seenElsewhere(world, words) {
  const popup = await openPopup(world.browser, await world.browser.open(`${world.site.url}/article`));
  await popup.until(connected);
  const shown = await popup.run(shownTasks);
  await popup.click('#search');
  await popup.type(words);
  await popup.until(() => document.querySelector('#no-tasks').getClientRects().length > 0);
  return { shown, stored: await stored(popup) };
}

for (const name of kBrowsers) {
  test(`${name}: a film of a private window comes with its cookies, and leaves no trace`, { timeout: kTimeout }, inWorld(name, kPrivate, async world => {
    const tab = await world.browser.openPrivate(`${world.site.url}/login`);
    await tab.until(playing);
    await pressDownload(tab);
    const daemon = await world.daemon();
    const task = await daemon.ended();
    await assertFilm(task, { seconds: 12 });
    const own = await openPopup(world.browser, tab);
    await own.until(() => document.querySelector('#tasks [data-state=done]'));
    const { shown, stored } = await seenElsewhere(world, 'members');
    assert.deepEqual(shown, []);
    assert.doesNotMatch(stored, /127\.0\.0\.1|members/);
    assert.deepEqual((await daemon.call('task.history')).tasks, []);
  }));

  test(`${name}: links of a private window's page come with its cookies, those of others without`, { timeout: kTimeout }, inWorld(name, { browser: { privately: true, menus: true } }, async world => {
    const hidden = await world.browser.openPrivate(`${world.site.url}/login`);
    const list = await world.browser.opened(() => world.contextMenu(hidden, 'h1', 'Download links of this page with weir…'));
    await list.until(() => document.querySelectorAll('#links > li').length > 0);
    await list.click('#all');
    await press(list, 'Download 1');
    const daemon = await world.daemon();
    await assertFilm(await daemon.ended(), { seconds: 12 });
    const plain = await world.browser.open(`${world.site.url}/members`);
    await world.contextMenu(plain, '#file', 'Download link with weir');
    const refused = await daemon.task(({ state }) => state === 'failed');
    assert.equal(refused.error.code, 'HttpForbidden');
    const { shown } = await seenElsewhere(world, 'nothing of that name');
    assert.equal(shown.length, 1);
  }));
}

if (kBrowsers.includes('firefox'))
  test('firefox: the cookies of a container come with its downloads only', { timeout: kTimeout }, inWorld('firefox', {}, async world => {
    const contained = await world.browser.openContained(`${world.site.url}/login`, 2);
    await contained.until(playing);
    await world.browser.contextMenu(contained, '#file', 'Download link with weir');
    const daemon = await world.daemon();
    await assertFilm(await daemon.ended(), { seconds: 12 });
    const plain = await world.browser.open(`${world.site.url}/members`);
    await world.browser.contextMenu(plain, '#file', 'Download link with weir');
    assert.equal((await daemon.task(({ state }) => state === 'failed')).error.code, 'HttpForbidden');
    assert.equal(cookieOf(world.site.asked('/members/film.mp4').at(-1)), '');
  }));
