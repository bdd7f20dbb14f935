// The real context menu of each browser: a link, a video, and the links of a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { press } from './support/extension.js';
import { playing } from './support/in_page.js';
import { assertFilm, probe } from './support/probe.js';
import { inWorld } from './support/world.js';

const kFilms = 9; // on the page with thirty links, each counted once

for (const name of kBrowsers) {
  test(`${name}: right click on a link`, { timeout: kTimeout }, inWorld(name, { browser: { menus: true } }, async world => {
    const tab = await world.browser.open(`${world.site.url}/links`);
    await world.contextMenu(tab, '#list a[href$="second.mp4"]', 'Download link with weir');
    const task = await (await world.daemon()).ended();
    assert.match(task.url, /\/files\/second\.mp4$/);
    await assertFilm(task, { seconds: 8 });
  }));

  test(`${name}: right click on a video`, { timeout: kTimeout }, inWorld(name, { browser: { menus: true } }, async world => {
    const tab = await world.browser.open(`${world.site.url}/plain`);
    await tab.until(playing);
    await world.contextMenu(tab, 'video', 'Download this with weir');
    await assertFilm(await (await world.daemon()).ended(), { seconds: 12 });
  }));

  test(`${name}: right click on a page, and all of its films`, { timeout: kTimeout }, inWorld(name, { browser: { menus: true } }, async world => {
    const tab = await world.browser.open(`${world.site.url}/links`);
    const list = await world.browser.opened(() => world.contextMenu(tab, 'h1', 'Download links of this page with weir…'));
    await list.until(() => document.querySelectorAll('#links > li').length > 20);
    await list.click('#filter');
    await list.type('*.mp4');
    await list.until(count => document.querySelectorAll('#links > li').length === count, kFilms);
    await list.click('#all');
    await press(list, `Download ${kFilms}`);
    const daemon = await world.daemon();
    await daemon.task(() => [...daemon.tasks.values()].filter(({ state }) => state === 'done').length === kFilms);
    for (const task of daemon.tasks.values()) assert.ok((await probe(task.path)).seconds > 1, task.path);
  }));
}
