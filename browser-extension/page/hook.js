// In the page's own world, before its scripts: looks at the text of manifests that the page fetches and at the sources it makes
// for its players, and reports both as hints. Functions behave and look as before; nothing answers to the page.
(() => {
  const kMostText = 4 << 20;
  const kMostChildren = 64;
  const { apply, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const { stringify } = JSON;
  const {
    Proxy,
    CustomEvent,
    URL,
    TextDecoder,
    WeakMap,
    WeakSet,
    Uint8Array,
    MediaSource,
    XMLHttpRequest,
    Response,
    Blob,
    ArrayBuffer,
  } = globalThis;
  if (typeof Response !== 'function' || typeof document === 'undefined') return;
  const dispatch = EventTarget.prototype.dispatchEvent;
  const listen = EventTarget.prototype.addEventListener;
  const then = Promise.prototype.then;
  /** @returns {any} */
  const getter = (owner, name) => getOwnPropertyDescriptor(owner, name)?.get;
  const responseUrl = getter(Response.prototype, 'url');
  const blobType = getter(Blob.prototype, 'type');
  const blobSize = getter(Blob.prototype, 'size');
  const originals = new WeakMap();
  const originalOf = WeakMap.prototype.get.bind(originals);

  const channel = Array.from(crypto.getRandomValues(new Uint32Array(4)), number => number.toString(36)).join('');
  apply(dispatch, document, [new CustomEvent('readystate-hello', { detail: channel })]);

  function tell(hint) {
    try {
      apply(dispatch, document, [new CustomEvent(channel, { detail: stringify(hint) })]);
    } catch {
      // a hint is never worth an error in the page
    }
  }

  // Our own lines in a stack trace would tell the page who is there.
  const kOurLine = /-extension:\/\/|^\s*at (.* \()?<anonymous>:\d+:\d+\)?$|^\s*at Reflect\.apply |@<anonymous>:\d/;
  function clean(error) {
    try {
      const own = getOwnPropertyDescriptor(error, 'stack');
      if (typeof own?.value === 'string')
        error.stack = own.value
          .split('\n')
          .filter(line => !kOurLine.test(line))
          .join('\n');
    } catch {
      // a frozen error stays as it is
    }
    return error;
  }

  /** Replaces a function by a proxy; `around` gets (call, self, args) and returns what the page is to get. */
  function wrap(owner, name, around) {
    const descriptor = owner && getOwnPropertyDescriptor(owner, name);
    if (!descriptor || typeof descriptor.value !== 'function' || !descriptor.configurable) return;
    const original = descriptor.value;
    const proxy = new Proxy(original, {
      apply(target, self, args) {
        try {
          return around(() => apply(target, self, args), self, args);
        } catch (error) {
          throw clean(error);
        }
      },
    });
    originals.set(proxy, original);
    defineProperty(owner, name, { ...descriptor, value: proxy });
  }

  wrap(Function.prototype, 'toString', (call, self, args) => {
    const original = typeof self === 'function' ? originalOf(self) : undefined;
    return original ? apply(nativeToString, original, args) : call();
  });
  const nativeToString = originalOf(Function.prototype.toString);

  function absolute(url, base) {
    try {
      return new URL(url, base).href;
    } catch {
      return '';
    }
  }

  function lookAtText(text, url) {
    if (text.length > kMostText || !/^https?:/.test(url)) return;
    const start = text.slice(0, 2000).replace(/^[\s\ufeff]+/, '');
    if (start.startsWith('#EXTM3U')) {
      if (text.includes('#EXT-X-')) tell(hlsHint(text, url));
    } else if (start.startsWith('<') && /<(\w+:)?MPD[\s>]/.test(start)) {
      tell({
        kind: 'playlist',
        url,
        master: true,
        children: [],
        live: /\btype\s*=\s*["']dynamic/.test(start),
        drm: text.includes('ContentProtection'),
      });
    }
  }

  function hlsHint(text, url) {
    const master = text.includes('#EXT-X-STREAM-INF');
    const children = [];
    let expected = false;
    for (const line of text.split(/\r?\n/)) {
      if (children.length >= kMostChildren) break;
      if (line.startsWith('#EXT-X-MEDIA:') || line.startsWith('#EXT-X-I-FRAME-STREAM-INF:')) {
        const uri = /\bURI="([^"]*)"/.exec(line)?.[1];
        if (uri) children.push(absolute(uri, url));
      } else if (line.startsWith('#EXT-X-STREAM-INF')) {
        expected = true;
      } else if (expected && line.trim() && !line.startsWith('#')) {
        children.push(absolute(line.trim(), url));
        expected = false;
      }
    }
    const drm = /KEYFORMAT="(urn:uuid:|com\.apple\.streamingkeydelivery|com\.microsoft\.playready|com\.widevine)/i.test(text);
    return {
      kind: 'playlist',
      url,
      master,
      children: children.filter(Boolean),
      live: !master && !text.includes('#EXT-X-ENDLIST'),
      drm,
    };
  }

  function lookAtBytes(buffer, url) {
    const bytes = new Uint8Array(buffer);
    if (
      !bytes.length ||
      bytes.length > kMostText ||
      !/^(\ufeff|\s)*(#EXTM3U|<)/.test(new TextDecoder().decode(bytes.subarray(0, 64)))
    )
      return;
    lookAtText(new TextDecoder().decode(bytes), url);
  }

  /** Looks at what a promise brings without making the page's own handlers run later or see another error. */
  function watchBody(promise, look) {
    apply(then, promise, [
      value => {
        try {
          look(value);
        } catch {
          // a hint is never worth an error in the page
        }
      },
      clean,
    ]);
    return promise;
  }

  wrap(Response.prototype, 'text', (call, self) => watchBody(call(), text => lookAtText(text, apply(responseUrl, self, []))));
  wrap(Response.prototype, 'arrayBuffer', (call, self) =>
    watchBody(call(), buffer => lookAtBytes(buffer, apply(responseUrl, self, []))),
  );

  if (XMLHttpRequest) {
    const watched = new WeakSet();
    const read = name => getter(XMLHttpRequest.prototype, name);
    const [response, responseType, address] = [read('response'), read('responseType'), read('responseURL')];
    wrap(XMLHttpRequest.prototype, 'open', (call, self) => {
      const result = call();
      if (!watched.has(self)) {
        watched.add(self);
        apply(listen, self, [
          'load',
          () => {
            try {
              const type = apply(responseType, self, []);
              if (type !== '' && type !== 'text' && type !== 'arraybuffer') return;
              const body = apply(response, self, []);
              if (typeof body === 'string') lookAtText(body, apply(address, self, []));
              else if (body instanceof ArrayBuffer) lookAtBytes(body, apply(address, self, []));
            } catch {
              // a hint is never worth an error in the page
            }
          },
        ]);
      }
      return result;
    });
  }

  wrap(URL, 'createObjectURL', (call, self, [object]) => {
    const url = call();
    if (MediaSource && object instanceof MediaSource) tell({ kind: 'source', url, of: 'stream' });
    else if (object instanceof Blob && /^(video|audio)\/|^$|octet-stream/.test(apply(blobType, object, [])))
      tell({ kind: 'source', url, of: 'blob', mime: apply(blobType, object, []), size: apply(blobSize, object, []) });
    return url;
  });
  if (MediaSource) {
    let told = false;
    wrap(MediaSource.prototype, 'addSourceBuffer', call => {
      if (!told) tell({ kind: 'source', url: '', of: 'stream' });
      told = true;
      return call();
    });
  }
})();
//# sourceURL=<anonymous>
