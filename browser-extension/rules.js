// The rules of capture: the defaults of rules.json, the daemon's, and the user's own on top. Pure.
/** @typedef {import('./types').Rules} Rules */

const kMostOwnRules = 200;
const kLongestList = 500;
const kLongestText = 300;

const isText = value => typeof value === 'string' && value.length <= kLongestText;

function mergeValue(base, given) {
  if (Array.isArray(base)) return Array.isArray(given) ? given.filter(isText).slice(0, kLongestList) : base;
  if (typeof base === 'number') return Number.isFinite(given) && given >= 0 ? given : base;
  if (typeof base === 'object') return mergeObject(base, given);
  return base;
}

function mergeObject(base, given) {
  if (!given || typeof given !== 'object' || Array.isArray(given)) return base;
  return Object.fromEntries(Object.keys(base).map(key => [key, key in given ? mergeValue(base[key], given[key]) : base[key]]));
}

/**
 * What comes from elsewhere replaces a default only where it has the default's shape.
 * @param {Rules} defaults @param {unknown} given @param {unknown} [own]
 * @returns {Rules}
 */
export function mergeRules(defaults, given, own) {
  const { own: _, ...plain } = defaults;
  return { ...mergeObject(plain, given), own: readOwnRules(own) };
}

/** @param {unknown} given @returns {import('./types').OwnRule[]} */
export function readOwnRules(given) {
  if (!Array.isArray(given)) return [];
  return given
    .filter(rule => isText(rule?.pattern) && rule.pattern && ['none', 'media', 'playlist'].includes(rule.verdict))
    .map(({ pattern, verdict }) => ({ pattern, verdict }))
    .slice(0, kMostOwnRules);
}
