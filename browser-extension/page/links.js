// Answers the background's questions about this frame: its links, the bytes of in-page data; and tells it of a click with the
// bypass key, if that is switched on.
(() => {
  const kMostLinks = 5000;
  const kChunk = 384 << 10;
  const page = globalThis.weirPage;
  let bypassKey = '';

  function collect(onlySelected) {
    const selection = onlySelected ? getSelection() : null;
    const found = new Map();
    for (const anchor of document.querySelectorAll('a[href], area[href]')) {
      if (found.size >= kMostLinks) break;
      const link = /** @type {HTMLAnchorElement} */ (anchor);
      if (!/^(https?|ftps?|sftp|magnet):/.test(link.href) || link.href.length > 8000 || found.has(link.href)) continue;
      if (selection && !selection.containsNode(link, true)) continue;
      found.set(link.href, {
        url: link.href,
        text: (link.textContent || link.title).trim().replace(/\s+/g, ' ').slice(0, 200),
        name: link.download.slice(0, 200),
      });
    }
    return [...found.values()];
  }

  chrome.runtime.onMessage.addListener(message => {
    if (message?.type === 'links') page.send({ type: 'links.found', nonce: message.nonce, links: collect(message.selected) });
    if (message?.type === 'bypassKey') watchFor(message.key);
  });

  // In-page data goes piece by piece, each when the one before was acknowledged.
  chrome.runtime.onConnect.addListener(port => {
    if (port.name !== 'blob') return;
    /** @type {Promise<Blob> | null} */
    let blob = null;
    port.onMessage.addListener(async ({ url, offset }) => {
      try {
        blob ??= fetch(url).then(response => response.blob());
        const whole = await blob;
        const piece = whole.slice(offset, offset + kChunk);
        port.postMessage({
          offset,
          size: whole.size,
          mime: whole.type,
          last: offset + piece.size >= whole.size,
          data: await base64(piece),
        });
      } catch (error) {
        port.postMessage({ error: String(error) });
      }
    });
  });

  /** @param {Blob} piece @returns {Promise<string>} */
  function base64(piece) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(piece);
    });
  }

  /** @param {MouseEvent} event */
  function clicked(event) {
    if (event.isTrusted && event[`${bypassKey}Key`]) page.send({ type: 'bypass' });
  }

  /** Clicks are listened to only where a key is chosen. @param {string} key */
  function watchFor(key) {
    bypassKey = key;
    if (key) addEventListener('click', clicked, true);
    else removeEventListener('click', clicked, true);
  }

  page.send({ type: 'hello' }).then(answer => watchFor(answer?.bypassKey ?? ''));
})();
