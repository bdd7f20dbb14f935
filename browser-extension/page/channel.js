// The first content script: what the others of this (isolated) world share. The hook in the page's world tells this one, before
// any script of the page runs, the name of the events by which it reports; the page never learns that name.
(() => {
  const kHello = 'readystate-hello';
  const kMostHints = 500;
  const listeners = [];
  /** A live playlist is read again and again; only what is new is worth a word. */
  const told = new Set();
  const early = [];

  document.addEventListener(
    kHello,
    function hello(event) {
      event.stopImmediatePropagation();
      document.removeEventListener(kHello, hello, true);
      const name = /** @type {CustomEvent} */ (event).detail;
      if (typeof name === 'string')
        document.addEventListener(name, hint => heard(/** @type {CustomEvent} */ (hint).detail), true);
    },
    true,
  );

  function heard(text) {
    if (typeof text !== 'string' || text.length > 100_000 || told.has(text) || told.size >= kMostHints) return;
    told.add(text);
    let hint;
    try {
      hint = JSON.parse(text);
    } catch {
      return;
    }
    if (listeners.length) for (const listener of listeners) listener(hint);
    else if (early.length < 50) early.push(hint);
  }

  /** An extension that was updated or switched off leaves its scripts behind in open pages; they fall silent. */
  async function send(message) {
    try {
      return await chrome.runtime.sendMessage(message);
    } catch {
      return undefined;
    }
  }

  Object.assign(globalThis, {
    weirPage: {
      send,
      /** The list was begun anew: what was told before is news again. */
      forgetHints: () => told.clear(),
      onHint(listener) {
        listeners.push(listener);
        for (const hint of early.splice(0)) listener(hint);
      },
      /** @type {() => HTMLMediaElement[]} */
      media: () => [],
      /** @type {(() => void)[]} */
      onMedia: [],
    },
  });
})();
