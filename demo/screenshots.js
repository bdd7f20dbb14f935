// The README's pictures: the button on a player, the popup and the options page, light and dark, into docs/images.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { openPopup, playerButton, pressDownload } from '../tests/extension/support/extension.js';
import { playing } from '../tests/extension/support/in_page.js';
import { kRoot, World } from '../tests/extension/support/world.js';

const images = path.join(kRoot, 'docs/images');
const kPopup = { width: 400, height: 100 }; // and as high as it wants to be

async function shoot(scheme) {
  const world = new World('chromium');
  try {
    await world.furnish();
    await world.registerHost();
    const browser = await world.openBrowser({ scheme, size: { width: 760, height: 520 } });
    const file = name => path.join(images, `${name}-${scheme}.png`);

    const tab = await browser.open(`${world.site.url}/hls`);
    await tab.until(playing);
    await playerButton(tab, /^Download this video$/);
    await tab.screenshot(file('button'));

    // Something that is done, something that runs, and something to take.
    await pressDownload(tab, { quality: /360p/ });
    const daemon = await world.daemon();
    await daemon.ended();
    await tab.goto(`${world.site.url}/plain`);
    await tab.until(playing);
    const gate = world.site.gate('/media/film.mp4', 800_000);
    await pressDownload(tab);
    await gate.reached;
    await daemon.task(task => task.state === 'running' && task.done > 0);
    await tab.goto(`${world.site.url}/beside`);
    await tab.until(playing);
    const popup = await openPopup(browser, tab);
    await popup.page.setViewportSize(kPopup);
    await popup.until(() => document.querySelector('#tasks [data-state=running]') && document.querySelector('#tasks [data-state=done]'));
    await popup.page.setViewportSize({ ...kPopup, height: await popup.run(() => document.documentElement.scrollHeight) });
    await popup.screenshot(file('popup'));
    gate.open();

    const options = await browser.extension('options/options.html');
    await options.page.setViewportSize({ width: 900, height: 760 });
    await options.until(() => document.readyState === 'complete' && document.querySelectorAll('input').length > 3);
    await options.screenshot(file('options'));
  } finally {
    await world.end();
  }
}

await mkdir(images, { recursive: true });
for (const scheme of ['light', 'dark']) await shoot(scheme);
console.log(images);
