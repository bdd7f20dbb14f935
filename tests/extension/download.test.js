// From the player to the file: a real click on "Download this video" on each kind of page, and the checked file on disk.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kPages } from '../site/catalogue.js';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { pressDownload } from './support/extension.js';
import { playing } from './support/in_page.js';
import { assertFilm } from './support/probe.js';
import { inWorld } from './support/world.js';

const kPressed = ['/plain', '/changing', '/hls', '/hls-fmp4', '/dash', '/shaka', '/video-js', '/blob', '/hidden', '/members', '/members-hls', '/signed',
  '/live?length=8', '/service-worker', '/worker', '/shadow', '/beside'];
/** Where there are several qualities, the button asks. */
const kAsked = ['/hls', '/dash', '/shaka', '/video-js'];
const kHosts = { '/shadow': 'film-player' };

for (const name of kBrowsers)
  for (const page of kPages.filter(({ page }) => kPressed.includes(page)))
    test(`${name}: "Download this video" on ${page.page}`, { timeout: kTimeout }, inWorld(name, {}, async world => {
      const tab = await world.browser.open(world.site.url + (page.login ?? page.page));
      if (page.login) await tab.goto(world.site.url + page.page);
      await tab.until(playing);
      if (page.ready) await tab.until(`() => ${page.ready}`);
      await pressDownload(tab, { quality: kAsked.includes(page.page) ? /360p/ : undefined, player: kHosts[page.page] });
      await assertFilm(await (await world.daemon()).ended(), page);
    }));

for (const name of kBrowsers)
  test(`${name}: the quality that was chosen is the one that comes`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/hls`);
    await tab.until(playing);
    await pressDownload(tab, { quality: /180p/ });
    const { height } = await assertFilm(await (await world.daemon()).ended(), { seconds: 12 });
    assert.equal(height, 180);
  }));
