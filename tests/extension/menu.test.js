// The real context menu of each browser: a link, a video, and the links of a page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
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

  test(`${name}: right click on a link that only a stranger's plugin understands`, { timeout: kTimeout },
    inWorld(name, { plugins: ['fake'], browser: { menus: true } }, async world => {
      const tab = await world.browser.open(`${world.site.url}/links`);
      await tab.run(() => { document.querySelector('#list a[href$="second.mp4"]').setAttribute('href', 'fake://x/write?70000'); });
      await world.contextMenu(tab, '#list a[href^="fake:"]', 'Download link with weir');
      const task = await (await world.daemon()).ended();
      assert.equal(task.state, 'done');
      assert.equal(task.kind, 'fake');
      assert.equal((await readFile(task.path)).length, 70_000);
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

  test(`${name}: right click on a picture`, { timeout: kTimeout }, inWorld(name, { browser: { menus: true } }, async world => {
    const tab = await world.browser.open(`${world.site.url}/links`);
    await world.contextMenu(tab, '#picture', 'Download image with weir');
    const task = await (await world.daemon()).ended();
    assert.equal(task.state, 'done');
    assert.deepEqual(await readFile(task.path), await readFile(world.site.file('poster.jpg')));
  }));

  test(`${name}: right click on a selection: its links only, once each, with sizes and marks`, { timeout: kTimeout }, inWorld(name, { browser: { menus: true } }, async world => {
    const tab = await world.browser.open(`${world.site.url}/links`);
    const select = (first, last) => tab.run((from, to) => {
      const links = [...document.querySelectorAll('#list a')];
      getSelection().setBaseAndExtent(links[from].firstChild, 0, links[to].firstChild, links[to].firstChild.length);
      // A click on a link would be one for its own menu: this lies in the selection beside it.
      links[from].insertAdjacentHTML('afterend', '<span id="beside"> beside </span>');
      return true;
    }, first, last);
    await select(6, 11); // a picture, four previews, and the first film under another fragment
    const list = await world.browser.opened(() => world.contextMenu(tab, '#beside', 'Download selected links with weir…'));
    await list.until(() => document.querySelectorAll('#links > li').length === 6);
    await list.click('#sizes');
    const sizes = await list.until(() => {
      const facts = [...document.querySelectorAll('#links .facts')].map(facts => facts.textContent);
      return facts.every(text => /\d/.test(text)) && facts;
    });
    assert.equal(sizes.length, 6);
    assert.match(sizes[5], /MB/);
    await list.click('#filter');
    await list.type('preview');
    await list.until(() => document.querySelectorAll('#links > li').length === 4);
    await list.click('#all');
    await press(list, 'Download 4');
    const daemon = await world.daemon();
    await daemon.task(() => [...daemon.tasks.values()].filter(({ state }) => state === 'done').length === 4);
    await list.until(() => document.querySelectorAll('#links .known').length === 4);

    // Another list of the same page knows what there is already, and counts what stands there twice.
    await tab.front();
    await tab.run(() => getSelection().removeAllRanges());
    const all = await world.browser.opened(() => world.contextMenu(tab, 'h1', 'Download links of this page with weir…'));
    await all.until(() => document.querySelectorAll('#links .known').length === 4);
    const twice = await all.run(() => [...document.querySelectorAll('#links > li')].filter(row => row.querySelector('.facts').textContent.includes('2')).length);
    assert.equal(twice, 4);
  }));
}
