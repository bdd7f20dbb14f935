// The popup: what a page offers, taken from there; pause and go on; what it says of a protected film.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';
import { kPages } from '../site/catalogue.js';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { openPopup, press } from './support/extension.js';
import { playing } from './support/in_page.js';
import { assertFilm } from './support/probe.js';
import { inWorld } from './support/world.js';

const taskState = state => document.querySelector('#tasks [data-state]')?.dataset.state === state;

for (const name of kBrowsers) {
  for (const [path, choice] of [['/audio'], ['/frame'], ['/foreign-frame', '360p']])
    test(`${name}: taken from the popup on ${path}`, { timeout: kTimeout }, inWorld(name, {}, async world => {
      const popup = await openPopup(world.browser, await world.browser.open(world.site.url + path));
      await press(popup, 'Download:');
      if (choice) await press(popup, choice);
      await assertFilm(await (await world.daemon()).ended(), kPages.find(({ page }) => page === path));
      await popup.until(taskState, 'done');
    }));

  test(`${name}: a video that lies in the page itself is streamed to the daemon`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/inline`);
    await tab.until(playing);
    await press(await openPopup(world.browser, tab), 'Download:');
    await assertFilm(await (await world.daemon()).ended(), { seconds: 3 });
  }));

  test(`${name}: pause in the popup, and go on`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/hls-plain`);
    await tab.until(playing);
    const gate = world.site.gate('/media/hls/high/part03.ts', 1000);
    const popup = await openPopup(world.browser, tab);
    await press(popup, 'Download:');
    await gate.reached;
    const daemon = await world.daemon();
    await press(popup, 'Pause');
    await daemon.task(task => task.holds?.length > 0);
    gate.open();
    await press(popup, 'Resume');
    await assertFilm(await daemon.ended(), { seconds: 12 });
  }));

  test(`${name}: where no list of a stream's pieces is found, there are the pieces`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/scripted`);
    await tab.until(playing);
    const popup = await openPopup(world.browser, tab);
    await popup.until(() => /in 6 pieces/.test(document.getElementById('pieces').textContent));
    const list = await world.browser.opened(() => press(popup, 'Show the pieces'));
    await list.until(() => document.querySelectorAll('#links > li').length === 6);
    await list.click('#all');
    await press(list, 'Download 6');
    const daemon = await world.daemon();
    await daemon.task(() => [...daemon.tasks.values()].filter(({ state }) => state === 'done').length === 6);
    for (const { path } of daemon.tasks.values())
      assert.deepEqual(await readFile(path), await readFile(world.site.file(`hls/high/${basename(path)}`)));
  }));

  test(`${name}: a protected film is shown as what it is, and can't be taken`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/drm`);
    await tab.until(() => document.getElementById('told').textContent);
    const popup = await openPopup(world.browser, tab);
    const takers = await popup.until(() => {
      const offers = [...document.querySelectorAll('#offers > *')];
      return offers.length ? { text: offers[0].textContent, takers: offers.filter(offer => offer.querySelector('button')?.getClientRects().length).length } : null;
    });
    assert.match(takers.text, /Protected/);
    assert.equal(takers.takers, 0);
    assert.deepEqual(await tab.shadowButtons(), []);
  }));
}
