// The user's settings: defaults, what is valid, and where they are kept (storage.local). Nothing of a private window gets here.
import { parse } from './addresses.js';
import { readOwnRules } from './rules.js';

/** @typedef {import('./types').Settings} Settings */

/** @type {Settings} */
export const kDefaults = {
  ask: true,
  button: true,
  takeOver: false,
  takeOverBytes: 1 << 20,
  takeOverExtensions: [],
  takeOverPost: false,
  bypassKey: '',
  notify: false,
  limit: 0,
  quality: 'best',
  sites: {},
  rules: [],
};
const kMostSites = 500;
const kSiteKeys = ['button', 'takeOver', 'capture'];

/** @param {any} given @returns {Settings} */
export function readSettings(given) {
  const of = (name, good) => (given && name in given && good(given[name]) ? given[name] : kDefaults[name]);
  const flag = value => typeof value === 'boolean';
  const count = value => Number.isSafeInteger(value) && value >= 0;
  return {
    ask: of('ask', flag),
    button: of('button', flag),
    takeOver: of('takeOver', flag),
    takeOverBytes: of('takeOverBytes', count),
    takeOverExtensions: of('takeOverExtensions', Array.isArray)
      .filter(one => typeof one === 'string' && /^[a-z0-9]{1,10}$/.test(one))
      .slice(0, 100),
    takeOverPost: of('takeOverPost', flag),
    bypassKey: of('bypassKey', value => ['', 'alt', 'ctrl', 'shift'].includes(value)),
    notify: of('notify', flag),
    limit: of('limit', count),
    quality: of('quality', value => /^(best|worst|\d{3,4}p)$/.test(value)),
    sites: readSites(given?.sites),
    rules: readOwnRules(given?.rules),
  };
}

function readSites(given) {
  if (!given || typeof given !== 'object') return {};
  const sites = Object.entries(given)
    .slice(0, kMostSites)
    .map(([host, wishes]) => [
      host,
      Object.fromEntries(kSiteKeys.filter(key => typeof wishes?.[key] === 'boolean').map(key => [key, wishes[key]])),
    ]);
  return Object.fromEntries(sites.filter(([, wishes]) => Object.keys(wishes).length));
}

/**
 * What is set for a page's site or the nearest name above it, else the general setting.
 * @param {Settings} settings @param {string} url @param {'button' | 'takeOver' | 'capture'} what
 */
export function allowed(settings, url, what) {
  let host = parse(url)?.hostname ?? '';
  while (host) {
    const wish = settings.sites[host]?.[what];
    if (wish !== undefined) return wish;
    const dot = host.indexOf('.');
    host = dot < 0 ? '' : host.slice(dot + 1);
  }
  return what === 'capture' ? true : settings[what];
}

export async function loadSettings() {
  const { settings } = await chrome.storage.local.get('settings');
  return readSettings(settings);
}

/** @param {Settings} settings */
export async function saveSettings(settings) {
  await chrome.storage.local.set({ settings: readSettings(settings) });
}
