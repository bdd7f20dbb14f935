// The real context menu of each browser: a link, a video, and the links of a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { playing } from './support/in_page.js';
import { assertFilm } from './support/probe.js';
import { inWorld } from './support/world.js';

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
}
