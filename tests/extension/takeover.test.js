// Downloads of the browser: taken over when the user wants that and the daemon has them; in every other case the browser keeps them.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { change } from './support/extension.js';
import { assertFilm, probe } from './support/probe.js';
import { inWorld } from './support/world.js';

/** The downloads page, in a browser whose extension takes over what it can. */
async function downloadsPage(world, settings = {}) {
  const inside = await world.browser.extension('options/options.html');
  if (world.browserName === 'firefox') await world.browser.grant('webRequestBlocking');
  await change(inside, { takeOver: true, takeOverBytes: 1000, ...settings });
  await inside.close();
  return world.browser.open(`${world.site.url}/downloads`);
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
}
