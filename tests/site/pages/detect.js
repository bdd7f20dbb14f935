// What a curious page would try. `window.evidence` is what it found; tests want it empty.
// This file runs after the document's start, as any page's script does.
window.evidence = [];
const notice = text => window.evidence.push(text);

// A frame of the same origin without scripts of anybody: what the natives look like there.
const clean = document.createElement('iframe');
clean.sandbox = 'allow-same-origin';
clean.srcdoc = '<!doctype html>';
clean.style.display = 'none';
document.documentElement.append(clean);

const looksNative = (name, value) => {
  if (typeof value !== 'function') return;
  if (!/^(async )?function \w*\(\) \{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(value))) notice(`${name} is not native`);
  if (Function.prototype.toString.toString().indexOf('[native code]') < 0) notice('toString is not native');
};

window.compare = () => {
  const theirs = clean.contentWindow;
  for (const name of Object.getOwnPropertyNames(window))
    if (!(name in theirs) && !['evidence', 'compare', 'spy', 'forge', 'messages', 'added', 'player'].includes(name) && !/^\d+$/.test(name)) notice(`global ${name}`);
  const pairs = [['fetch', window, theirs], ['open', XMLHttpRequest.prototype, theirs.XMLHttpRequest.prototype],
    ['send', XMLHttpRequest.prototype, theirs.XMLHttpRequest.prototype], ['createObjectURL', URL, theirs.URL],
    ['addSourceBuffer', MediaSource.prototype, theirs.MediaSource.prototype], ['appendBuffer', SourceBuffer.prototype, theirs.SourceBuffer.prototype],
    ['attachShadow', Element.prototype, theirs.Element.prototype], ['postMessage', window, theirs], ['pushState', History.prototype, theirs.History.prototype],
    ['text', Response.prototype, theirs.Response.prototype], ['dispatchEvent', EventTarget.prototype, theirs.EventTarget.prototype]];
  for (const [name, mine, pure] of pairs) {
    looksNative(name, mine[name]);
    const [a, b] = [Object.getOwnPropertyDescriptor(mine, name), Object.getOwnPropertyDescriptor(pure, name)];
    if (!a !== !b) { notice(`${name} lies elsewhere`); continue; }
    if (!a) continue;
    for (const key of ['writable', 'enumerable', 'configurable']) if (a[key] !== b[key]) notice(`${name}.${key}`);
    if (a.value?.name !== b.value?.name) notice(`${name}.name is ${a.value?.name}`);
    if (a.value?.length !== b.value?.length) notice(`${name}.length`);
    if (a.value && ('prototype' in a.value) !== ('prototype' in b.value)) notice(`${name} can be constructed`);
    const [mineKeys, pureKeys] = [Reflect.ownKeys(a.value ?? {}).sort().join(), Reflect.ownKeys(b.value ?? {}).sort().join()];
    if (mineKeys !== pureKeys) notice(`${name} has ${mineKeys}`);
  }
  // Errors tell who is on the stack.
  try { new XMLHttpRequest().open('GET', 'http://['); } catch (error) { if (/extension:\/\//.test(error.stack)) notice('a stack names the extension'); }
  fetch('http://[').catch(error => { if (/extension:\/\//.test(error.stack ?? '')) notice('a stack of fetch names the extension'); });
};

// Messages and events that the page did not send itself.
window.messages = [];
window.addEventListener('message', event => window.messages.push(String(JSON.stringify(event.data)).slice(0, 200)));

// Elements that the page did not make: which are there is allowed to be seen, a name is not.
window.added = () => [...document.querySelectorAll('*')]
  .filter(element => !element.closest('main, head') && !['HTML', 'BODY', 'MAIN', 'HEAD', 'IFRAME'].includes(element.tagName))
  .map(element => ({ tag: element.tagName, attributes: [...element.attributes].map(a => `${a.name}=${a.value}`), open: Boolean(element.shadowRoot), text: element.textContent }));

// Tries to make the extension download something without the user.
window.forge = () => {
  const strangers = [...document.querySelectorAll('*')].filter(element => !element.closest('main, head') && !['HTML', 'BODY', 'MAIN', 'HEAD', 'IFRAME'].includes(element.tagName));
  for (const target of [...strangers, document.getElementById('player'), document, window])
    for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'keydown', 'keyup', 'contextmenu'])
      target.dispatchEvent(new (type.startsWith('key') ? KeyboardEvent : MouseEvent)(type, { bubbles: true, composed: true, cancelable: true, key: 'Enter', button: 0, clientX: 100, clientY: 100 }));
  for (const stranger of strangers) { stranger.click?.(); stranger.focus?.(); }
  for (const data of [{ type: 'download', url: location.origin + '/media/second.mp4' }, { kind: 'add', media: 1 }, { method: 'task.add', params: { tasks: [{ url: location.origin + '/media/second.mp4' }] } }])
    window.postMessage(data, '*');
  for (const id of ['gecko', 'weir@weir.dev']) globalThis.chrome?.runtime?.sendMessage?.(id, { method: 'task.add' });
};

// A frame made by the page is the page's before it is anybody else's: listens there before other scripts could have run.
window.spy = () => new Promise(done => {
  const frame = document.createElement('iframe');
  frame.style.display = 'none';
  document.documentElement.append(frame);
  const inside = frame.contentWindow;
  const { dispatchEvent, addEventListener } = inside.EventTarget.prototype;
  const heard = [];
  inside.EventTarget.prototype.dispatchEvent = function (event) {
    heard.push(`dispatched ${event.type}`);
    return dispatchEvent.call(this, event);
  };
  inside.EventTarget.prototype.addEventListener = function (type, ...rest) {
    heard.push(`listens to ${type}`);
    return addEventListener.call(this, type, ...rest);
  };
  const crypto = inside.crypto.getRandomValues.bind(inside.crypto);
  inside.crypto.getRandomValues = array => { heard.push('asked for random numbers'); return crypto(array); };
  setTimeout(() => { heard.forEach(one => notice(`in a frame: ${one}`)); frame.remove(); done(heard.length); }, 500);
});
