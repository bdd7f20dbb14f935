// What must outlive the worker: kept in the session's storage (memory only), written at most once in a turn.
// A tab or a task whose last write was lost is found again by the next event.

const dirty = new Map();
let writing = false;

/** @param {string[]} keys */
export async function loadSession(keys) {
  try {
    return await chrome.storage.session.get(keys);
  } catch {
    return {};
  }
}

/** @param {string} key @param {() => unknown} value asked when it is written */
export function keep(key, value) {
  dirty.set(key, value);
  if (writing) return;
  writing = true;
  queueMicrotask(flush);
}

async function flush() {
  while (dirty.size) {
    const values = Object.fromEntries([...dirty].map(([key, value]) => [key, value()]));
    dirty.clear();
    try {
      await chrome.storage.session.set(values);
    } catch {
      // the quota is full: what is in memory goes on, and the next page begins with less
    }
  }
  writing = false;
}

/** Written when this returns. */
export async function keepNow(values) {
  await chrome.storage.session.set(values);
}
