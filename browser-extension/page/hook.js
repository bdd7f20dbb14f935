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
  const { slice: blobSlice, arrayBuffer: blobBytes } = Blob.prototype;
  const responseBody = getter(Response.prototype, 'body');
  const bodyUsed = getter(Response.prototype, 'bodyUsed');
  const responseHeaders = getter(Response.prototype, 'headers');
  const cloneResponse = Response.prototype.clone;
  const headerOf = Headers.prototype.get;
  const readerOf = ReadableStream.prototype.getReader;
  const { read: readPart, cancel: cancelReader } = ReadableStreamDefaultReader.prototype;
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

  /** Replaces a function, or a property's getter, by a proxy; `around` gets (call, self, args) and returns what the page is to get. */
  function wrap(owner, name, around, what = 'value') {
    const descriptor = owner && getOwnPropertyDescriptor(owner, name);
    if (!descriptor || typeof descriptor[what] !== 'function' || !descriptor.configurable) return;
    const original = descriptor[what];
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
    defineProperty(owner, name, { ...descriptor, [what]: proxy });
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

  const beginsLikeManifest = bytes => /^(\ufeff|\s)*(#EXTM3U|<)/.test(new TextDecoder().decode(bytes.subarray(0, 64)));

  function lookAtBytes(buffer, url) {
    const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
    if (!bytes.length || bytes.length > kMostText || !beginsLikeManifest(bytes)) return;
    lookAtText(new TextDecoder().decode(bytes), url);
  }

  async function lookAtBlob(blob, url) {
    const size = apply(blobSize, blob, []);
    if (!size || size > kMostText) return;
    const opening = await apply(blobBytes, apply(blobSlice, blob, [0, 64]), []);
    if (beginsLikeManifest(new Uint8Array(opening))) lookAtBytes(await apply(blobBytes, blob, []), url);
  }

  /** A copy of a body that the page reads in pieces; as soon as it is seen to be none of ours, it is given up. */
  async function lookAtStream(reader, url) {
    const parts = [];
    let size = 0;
    for (;;) {
      const { done, value } = await apply(readPart, reader, []);
      if (done) break;
      parts.push(value);
      size += value.length;
      if (size > kMostText || !beginsLikeManifest(parts[0])) return void apply(cancelReader, reader, []);
    }
    const whole = new Uint8Array(size);
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    lookAtBytes(whole, url);
  }

  /** Nobody fetches a manifest as one of these, and large bodies are not worth a copy. */
  function mayBeManifest(response) {
    const headers = apply(responseHeaders, response, []);
    const field = name => apply(headerOf, headers, [name]) ?? '';
    return !/^(video|audio|image|font)\/|css|javascript|html|event-stream/i.test(field('content-type')) && Number(field('content-length')) <= kMostText;
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

  const quietly = promise => void apply(then, promise, [null, () => {}]);
  const seen = new WeakSet();
  wrap(Response.prototype, 'blob', (call, self) =>
    watchBody(call(), blob => quietly(lookAtBlob(blob, apply(responseUrl, self, [])))),
  );
  wrap(Response.prototype, 'bytes', (call, self) => watchBody(call(), bytes => lookAtBytes(bytes, apply(responseUrl, self, []))));
  wrap(
    Response.prototype,
    'body',
    (call, self) => {
      try {
        if (!seen.has(self) && !apply(bodyUsed, self, []) && mayBeManifest(self)) {
          seen.add(self);
          const copy = apply(responseBody, apply(cloneResponse, self, []), []);
          if (copy) quietly(lookAtStream(apply(readerOf, copy, []), apply(responseUrl, self, [])));
        }
      } catch {
        // a hint is never worth an error in the page
      }
      return call();
    },
    'get',
  );
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
              if (!['', 'text', 'arraybuffer', 'blob'].includes(type)) return;
              const body = apply(response, self, []);
              if (typeof body === 'string') lookAtText(body, apply(address, self, []));
              else if (body instanceof Blob) quietly(lookAtBlob(body, apply(address, self, [])));
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
