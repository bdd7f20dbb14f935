// Capture quality as a number: over the whole catalogue, how often the first entry of the popup is the right one, and how many
// entries should not be there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, kPages } from '../site/catalogue.js';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { offers, openPopup } from './support/extension.js';
import { playing } from './support/in_page.js';
import { inWorld } from './support/world.js';

const kLeastRight = 0.95;
const kMostWrong = 1 / 20; // entries a page
const kPatience = 8000;
const kMoment = 800;
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** The popup's addresses as soon as the first one is right; otherwise what is there when patience ends. */
async function listed(site, page, tab, popup) {
  await tab.front();
  if (page.login) await tab.goto(site.url + page.login);
  await tab.goto(site.url + page.page);
  if (page.first && !page.page.endsWith('frame')) await tab.until(playing);
  if (page.ready) await tab.until(`() => ${page.ready}`);
  await popup.goto(popup.address);
  let addresses = [];
  // Where nothing may come, a moment is given for it to come.
  for (const end = Date.now() + (page.first ? kPatience : kMoment); Date.now() < end; await pause(50)) {
    addresses = await offers(popup);
    if (page.first && judge(page, addresses).right) break;
  }
  return addresses;
}

const kWays = ['text', 'buffer', 'bytes', 'blob', 'copy', 'reader', 'stream', 'xhr-text', 'xhr-buffer', 'xhr-blob'];

for (const name of kBrowsers)
  test(`${name}: a manifest without name and type is found however the player reads it`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/plain`);
    const popup = await openPopup(world.browser, tab);
    for (const way of kWays) {
      const addresses = await listed(world.site, { ...kPages.find(({ page }) => page === '/hidden'), page: `/hidden?way=${way}` }, tab, popup);
      assert.deepEqual(addresses.map(address => new URL(address).pathname), ['/api/play/7f3a'], way);
    }
  }));

for (const name of kBrowsers)
  test(`${name}: the right entry comes first`, { timeout: 180_000 }, inWorld(name, {}, async (world, t) => {
    const pages = kPages.filter(({ only }) => !only || only.includes(name));
    let right = 0;
    let wrong = 0;
    const tab = await world.browser.open(world.site.url);
    const popup = await openPopup(world.browser, tab);
    for (const page of pages) {
      const addresses = await listed(world.site, page, tab, popup);
      const verdict = judge(page, addresses);
      right += verdict.right;
      wrong += verdict.wrong.length;
      if (!verdict.right || verdict.wrong.length)
        t.diagnostic(`${page.page}: ${verdict.right ? 'right' : `not first: ${page.first ?? 'nothing'}`}; wrong: ${verdict.wrong.join(' ') || 'none'}; listed: ${addresses.join(' ')}`);
    }
    t.diagnostic(`${name}: the first entry is right on ${right} of ${pages.length} pages (${(100 * right / pages.length).toFixed(1)} %); ${wrong} wrong entries, ${(20 * wrong / pages.length).toFixed(2)} in 20 pages`);
    assert.ok(right / pages.length >= kLeastRight, `only ${right} of ${pages.length} are right`);
    assert.ok(wrong / pages.length <= kMostWrong, `${wrong} wrong entries on ${pages.length} pages`);
  }));
