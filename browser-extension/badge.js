// The number on the toolbar button: what this page offers; where a page offers nothing, how many downloads run.
import { isHeld } from './task_feed.js';

/**
 * @param {import('./task_feed.js').TaskFeed} feed @param {{tab: number, count: number} | null} page @param {boolean} [trouble]
 */
export function showBadge(feed, page, trouble = false) {
  const running = feed.active().filter(task => !isHeld(task)).length;
  const ignore = () => {};
  if (page) {
    chrome.action
      .setBadgeText({ tabId: page.tab, text: page.count ? String(page.count) : /** @type {any} */ (null) })
      .catch(ignore);
    return;
  }
  chrome.action.setBadgeText({ text: trouble ? '!' : running ? `↓${running}` : '' }).catch(ignore);
  chrome.action.setBadgeBackgroundColor({ color: trouble ? '#b3261e' : '#1d60da' }).catch(ignore);
  chrome.action.setBadgeTextColor?.({ color: '#ffffff' })?.catch(ignore);
  chrome.action
    .setTitle({ title: running ? chrome.i18n.getMessage('badgeRunning', [String(running)]) : chrome.i18n.getMessage('name') })
    .catch(ignore);
}
