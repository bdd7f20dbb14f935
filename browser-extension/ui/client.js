// Our pages' line to the background: the state as it changes, and actions with their answers. The worker may die under it; the
// next message makes a new one.

export class Client {
  /** @param {(state: any) => void} onState */
  constructor(onState) {
    this.onState = onState;
    this.tab = -1;
    this.hidden = false;
    this.number = 0;
    /** @type {Map<number, {resolve: (result: any) => void, reject: (problem: any) => void}>} */
    this.waiting = new Map();
    /** @type {chrome.runtime.Port} */
    this.port = this.#connect();
  }

  /** @param {number} tab the tab whose offers are wanted @param {boolean} hidden it is of a private window */
  about(tab, hidden) {
    this.tab = tab;
    this.hidden = hidden;
    this.port.postMessage({ action: 'about', tab, hidden });
  }

  /** @param {string} action @param {object} [params] @returns {Promise<any>} rejects with {message, hint} */
  act(action, params = {}) {
    const number = ++this.number;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      this.port.postMessage({ ...params, action, number });
    });
  }

  call(method, params = {}) {
    return this.act('call', { method, params });
  }

  #connect() {
    const port = chrome.runtime.connect({ name: 'ui' });
    port.onMessage.addListener(message => this.#heard(message));
    port.onDisconnect.addListener(() => {
      for (const { reject } of this.waiting.values()) reject({ message: chrome.i18n.getMessage('problemHostEnded'), hint: '' });
      this.waiting.clear();
      setTimeout(() => (this.port = this.#connect()), 200);
    });
    port.postMessage({ action: 'about', tab: this.tab, hidden: this.hidden });
    return port;
  }

  #heard({ state, reply, result, error }) {
    if (state) this.onState(state);
    const waiting = this.waiting.get(reply);
    if (!waiting) return;
    this.waiting.delete(reply);
    if (error) waiting.reject(error);
    else waiting.resolve(result);
  }
}
