// What a person does with the extension: finds the button on the player, opens the popup, reads and presses.
import { eventually } from './process.js';

/** The button (or menu item) on the page's player whose name matches; waits until it is there. */
export async function playerButton(tab, name, player = 'video') {
  return eventually(async () => {
    await tab.hover(player);
    return (await tab.shadowButtons()).find(({ label }) => name.test(label));
  }, 100);
}

/** Presses "Download this video", and the quality if the button asks for one. */
export async function pressDownload(tab, { quality, player } = {}) {
  await tab.clickAt(await playerButton(tab, /^Download this video$/, player));
  if (quality) await tab.clickAt(await playerButton(tab, quality, player));
}

/** The browser's number for a tab; `inside` is any page of the extension. */
export const tabNumber = (inside, url) => inside.run(async address => {
  const tabs = await chrome.tabs.query({});
  return tabs.find(tab => (tab.url ?? tab.pendingUrl ?? '').startsWith(address))?.id;
}, url);

/** The popup as it is for that tab, opened as a page of its own. */
export async function openPopup(browser, tab) {
  const popup = await browser.extension('popup/popup.html?tab=0');
  const number = await tabNumber(popup, await tab.run(() => location.href));
  popup.address = (await popup.run(() => location.href)).replace('tab=0', `tab=${number}`);
  await popup.goto(popup.address);
  return popup;
}

/** What the popup offers to download, the best first: addresses. What it only shows as protected is not among them. */
export const offers = popup => popup.run(() => [...document.querySelectorAll('[data-url]')]
  .filter(entry => entry.querySelector('button')?.getClientRects().length).map(entry => entry.dataset.url));

/** Changes the extension's settings as its options page would, from any of its pages. */
export const change = (inside, settings) => inside.run(async wanted => {
  const { settings: old = {} } = await chrome.storage.local.get('settings');
  await chrome.storage.local.set({ settings: { ...old, ...wanted } });
  return true;
}, settings);

/** Presses the button with that accessible name in one of the extension's pages, as soon as it can be pressed. */
export async function press(inside, label) {
  const mark = await inside.until(name => {
    const shown = element => element.getClientRects().length > 0 && !element.disabled;
    const found = [...document.querySelectorAll('button')].filter(shown)
      .find(button => (button.getAttribute('aria-label') ?? button.textContent).trim().startsWith(name));
    if (!found) return null;
    document.querySelectorAll('[data-pressed]').forEach(other => other.removeAttribute('data-pressed'));
    found.dataset.pressed = 'yes';
    return '[data-pressed]';
  }, label);
  await inside.click(mark);
}
