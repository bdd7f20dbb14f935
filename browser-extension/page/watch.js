// Watches the media elements of this frame, also in open shadow roots, and tells the background what plays where. Runs in the
// isolated world; changes are gathered, so that a busy page costs one look in a quarter of a second.
(() => {
  const kGather = 250;
  const kMostElements = 40;
  const kMostHosts = 20_000;
  const kSmallest = 160 * 90;
  const page = globalThis.weirPage;
  /** @type {Set<Document | ShadowRoot>} */
  const roots = new Set();
  let told = '';
  let toldPlaying = false;
  let timer = 0;
  let structureChanged = true;

  const observer = new MutationObserver(changes => {
    structureChanged ||= changes.some(change => change.type === 'childList');
    later();
  });

  function watchRoot(root) {
    if (roots.has(root)) return;
    roots.add(root);
    observer.observe(root, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ['src', 'poster', 'title', 'aria-label'],
    });
    for (const type of ['loadedmetadata', 'durationchange', 'play', 'playing', 'pause', 'ended', 'emptied', 'volumechange'])
      root.addEventListener(type, event => event.target instanceof HTMLMediaElement && later(), true);
  }

  const shadowOf = element =>
    element.shadowRoot ?? chrome.dom?.openOrClosedShadowRoot?.(element) ?? element.openOrClosedShadowRoot ?? null;

  /** Only elements with a dash in their name, and a few others, can have a shadow root worth a look. */
  function findRoots(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
    let left = kMostHosts;
    for (let node = walker.nextNode(); node && left-- > 0; node = walker.nextNode()) {
      const element = /** @type {HTMLElement} */ (node);
      if (!element.localName.includes('-') && !/^(div|section|article|main|span)$/.test(element.localName)) continue;
      const shadow = element.localName.includes('-') ? shadowOf(element) : element.shadowRoot;
      if (shadow && !roots.has(shadow)) {
        watchRoot(shadow);
        findRoots(shadow);
      }
    }
  }

  function media() {
    const found = [];
    for (const root of roots) {
      if (root !== document && !(/** @type {ShadowRoot} */ (root).host.isConnected)) roots.delete(root);
      else found.push(...root.querySelectorAll('video, audio'));
    }
    return /** @type {HTMLMediaElement[]} */ (found.slice(0, kMostElements));
  }

  const sourceOf = element => element.currentSrc || element.src || element.querySelector('source')?.src || '';

  function titleOf(element) {
    const caption = element.closest('figure')?.querySelector('figcaption')?.textContent ?? '';
    return (element.getAttribute('aria-label') || element.title || caption).trim().slice(0, 300);
  }

  function describe(element) {
    const box = element.getBoundingClientRect();
    const isVideo = element instanceof HTMLVideoElement;
    const silentLoop = element.muted && element.loop && !element.controls;
    return {
      src: sourceOf(element).slice(0, 8000),
      width: Math.round(box.width),
      height: isVideo ? element.videoHeight || 0 : 0,
      duration: Number.isFinite(element.duration) ? element.duration : 0,
      playing: !element.paused && !element.ended,
      decorative: isVideo && (silentLoop || (box.width > 0 && box.width * box.height < kSmallest)),
      audio: !isVideo,
      title: titleOf(element),
      poster: isVideo && /^https?:/.test(element.poster) ? element.poster.slice(0, 2000) : '',
    };
  }

  const meta = name =>
    document.querySelector(`meta[property="${name}"], meta[name="${name}"]`)?.getAttribute('content')?.slice(0, 2000) ?? '';

  function look() {
    timer = 0;
    if (structureChanged) {
      structureChanged = false;
      watchRoot(document);
      findRoots(document);
    }
    const elements = media();
    const seen = {
      title: (meta('og:title') || document.title).slice(0, 500),
      image: imageOf(meta('og:image')),
      elements: elements.map(describe),
    };
    const text = JSON.stringify(seen);
    if (text !== told && (elements.length || told || window === top)) {
      told = text;
      page.send({ type: 'elements', ...seen });
    }
    const playing = seen.elements.some(element => element.playing && !element.decorative);
    if (playing !== toldPlaying) page.send({ type: 'playing', playing });
    toldPlaying = playing;
    for (const listener of page.onMedia) listener();
  }

  function imageOf(text) {
    try {
      const url = new URL(text, document.baseURI);
      return text && /^https?:$/.test(url.protocol) ? url.href : '';
    } catch {
      return '';
    }
  }

  function later() {
    timer ||= setTimeout(look, kGather);
  }

  page.media = media;
  page.sourceOf = sourceOf;
  page.onHint(hint => page.send({ type: 'hint', hint }));
  watchRoot(document);
  document.addEventListener('DOMContentLoaded', later);
  addEventListener('pageshow', event => {
    // Back from the browser's cache of pages: the background has forgotten what was here.
    if (event.persisted) {
      page.send({ type: 'hello' });
      told = '';
    }
    later();
  });
  chrome.runtime.onMessage.addListener(message => {
    if (message?.type !== 'report') return;
    page.forgetHints();
    told = '';
    later();
  });
  later();
})();
