// Streams data that only a page has to the daemon, piece by piece; the next leaves when the one before was acknowledged.

/**
 * @param {{bridge: import('./bridge.js').Bridge, port: chrome.runtime.Port, url: string, name: string, mime: string,
 *   token: string, private: boolean, onId?: (id: number) => void}} what
 * @returns {Promise<number>} the task's id, when all of it was received
 */
export async function pushBlob({ bridge, port, url, name, mime, token, private: hidden, onId }) {
  let offset = 0;
  let id = 0;
  const reason = { push: token };
  bridge.want(reason);
  try {
    for (;;) {
      const piece = await ask(port, { url, offset });
      if (piece.error) throw new Error(piece.error);
      const answer = await bridge.call('capture.push', {
        token,
        url,
        name,
        mime: mime || piece.mime,
        size: piece.size,
        offset,
        data: piece.data,
        last: piece.last,
        ...(hidden && { private: true }),
      });
      if (!id && answer.id) {
        id = answer.id;
        onId?.(id);
      }
      if (piece.last) return id;
      if (!(answer.received > offset)) throw new Error('the data is not taken');
      offset = answer.received;
    }
  } finally {
    bridge.release(reason);
    port.disconnect();
  }
}

function ask(port, message) {
  return new Promise((resolve, reject) => {
    const heard = answer => {
      port.onMessage.removeListener(heard);
      port.onDisconnect.removeListener(gone);
      resolve(answer);
    };
    const gone = () => reject(new Error('the page is gone'));
    port.onMessage.addListener(heard);
    port.onDisconnect.addListener(gone);
    port.postMessage(message);
  });
}
