// In a Chinese browser what people see of ours is Chinese: button, popup, settings.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { openPopup, playerButton } from './support/extension.js';
import { playing } from './support/in_page.js';
import { inWorld, kExtension } from './support/world.js';

const chinese = JSON.parse(await readFile(path.join(kExtension, '_locales/zh_CN/messages.json'), 'utf8'));
const text = name => chinese[name].message;
const written = name => [...document.querySelectorAll(`[data-text=${name}]`)].map(element => element.textContent).join();

for (const name of kBrowsers)
  test(`${name}: Chinese, on the player, in the popup and in the settings`, { timeout: kTimeout }, inWorld(name, { browser: { language: 'zh-CN' } }, async world => {
    const tab = await world.browser.open(`${world.site.url}/plain`);
    await tab.until(playing);
    await playerButton(tab, new RegExp(`^${text('buttonDownload')}$`));
    const popup = await openPopup(world.browser, tab);
    await popup.until(() => document.querySelectorAll('#offers > *').length === 1 && document.querySelector('#connection').dataset.phase === 'ready');
    assert.equal(await popup.run(written, 'popupPage'), text('popupPage'));
    assert.equal(await popup.run(() => document.querySelector('#connection').textContent), text('stateReady'));
    const options = await world.browser.extension('options/options.html');
    assert.equal(await options.run(written, 'optionsTakeOverHelp'), text('optionsTakeOverHelp'));
    if (!process.env.WEIR_PICTURES) return;
    await options.screenshot(path.join(process.env.WEIR_PICTURES, `settings-zh-${name}.png`));
    await popup.front();
    await popup.screenshot(path.join(process.env.WEIR_PICTURES, `popup-zh-${name}.png`));
  }));
