// The native port: JSON-RPC calls and notifications, open exactly while somebody wants it. Whoever wants it gives a reason;
// while there is one, a lost port is opened again. The background owns one; it knows nothing of tasks.

/** @typedef {import('./types').Problem} Problem */

const kHost = 'org.weir.host';
const kProtocol = 1;
const kLinger = 3000;
const kPatience = 10_000;
const kAnswerWithin = 30_000;
const kFirstDelay = 250;
const kLongestDelay = 30_000;

export class BridgeError extends Error {
  /** @param {Problem} problem */
  constructor({ code, message, hint = '' }) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** What the browser says when a port ends, as one of our own problems. @param {string} text */
export function portProblem(text) {
  const code = /not found|No such native application/i.test(text)
    ? 'HostMissing'
    : /forbidden|not allowed|does not have permission/i.test(text)
      ? 'HostForbidden'
      : /exited|disconnected|unexpected error/i.test(text) || !text
        ? 'HostEnded'
        : 'HostBroken';
  return { code, message: text, hint: '' };
}

export class Bridge {
  /**
   * @param {{connect: (name: string) => chrome.runtime.Port, lastError: (port: any) => string,
   *   onState: () => void, onReady: () => void, onNotification: (method: string, params: any) => void, clock?: any}} parts
   */
  constructor({ connect, lastError, onState, onReady, onNotification, clock }) {
    this.parts = { connect, lastError, onState, onReady, onNotification };
    this.clock = clock ?? { set: (fn, ms) => setTimeout(fn, ms), clear: id => clearTimeout(id) };
    /** @type {'closed' | 'opening' | 'ready' | 'waiting'} */
    this.phase = 'closed';
    /** @type {Problem | null} */
    this.problem = null;
    this.versions = { host: '', daemon: '' };
    /** @type {chrome.runtime.Port | null} */
    this.port = null;
    /** @type {Problem | null} what the host itself said before it ended */
    this.saidProblem = null;
    this.reasons = new Set();
    /** @type {Map<number, {resolve: Function, reject: Function, timer: any}>} */
    this.calls = new Map();
    /** @type {{resolve: Function, reject: Function}[]} */
    this.waiters = [];
    this.nextId = 1;
    this.delay = kFirstDelay;
    this.timers = { linger: null, patience: null, again: null };
  }

  /** Keeps the port open until release() with the same reason. */
  want(reason) {
    this.reasons.add(reason);
    this.#stop('linger');
    if (this.phase === 'closed') this.#open();
  }

  release(reason) {
    this.reasons.delete(reason);
    if (!this.reasons.size && this.timers.linger === null) this.#start('linger', kLinger, () => this.#closeIfIdle());
  }

  /** Tries at once instead of after the next pause. */
  retry() {
    this.delay = kFirstDelay;
    if (this.phase === 'waiting') this.#open();
    else if (this.phase === 'closed' && this.reasons.size) this.#open();
  }

  /**
   * One call. With `repeat` (only for calls that may safely happen twice) it is sent again when the port dies before the answer.
   * @param {string} method @param {object} [params] @param {{repeat?: number, within?: number}} [how]
   */
  async call(method, params = {}, { repeat = 0, within = kAnswerWithin } = {}) {
    const reason = {};
    this.want(reason);
    try {
      for (let left = repeat; ; left--) {
        try {
          await this.#ready();
          return await this.#send(method, params, within);
        } catch (error) {
          if (left <= 0 || !(error instanceof BridgeError) || error.code !== 'HostEnded') throw error;
        }
      }
    } finally {
      this.release(reason);
    }
  }

  #open() {
    this.#stop('again');
    this.#enter('opening');
    let port;
    try {
      port = this.parts.connect(kHost);
    } catch (error) {
      return this.#lost(portProblem(String(error?.message ?? error)));
    }
    this.port = port;
    port.onMessage.addListener(message => {
      if (this.port === port) this.#receive(message);
    });
    port.onDisconnect.addListener(() => {
      const text = this.parts.lastError(port);
      if (this.port === port) this.#lost(this.saidProblem ?? portProblem(text));
    });
    this.saidProblem = null;
    this.#start('patience', kPatience, () => {
      port.disconnect();
      this.#lost({ code: 'HostSilent', message: '', hint: '' });
    });
  }

  #receive(message) {
    if (!message || typeof message !== 'object') return;
    if (message.method === 'host.ready') return this.#greet(message.params ?? {});
    if (message.method === 'host.problem') {
      this.saidProblem = readProblem(message.params?.error);
      return;
    }
    if (typeof message.method === 'string') return this.parts.onNotification(message.method, message.params ?? {});
    const call = this.calls.get(message.id);
    if (!call) return;
    this.calls.delete(message.id);
    this.clock.clear(call.timer);
    if (message.error) call.reject(new BridgeError(readProblem(message.error.data ?? message.error)));
    else call.resolve(message.result);
  }

  #greet(params) {
    this.#stop('patience');
    if (params.protocol !== kProtocol) {
      this.port?.disconnect();
      return this.#lost({ code: 'HostVersion', message: String(params.version ?? ''), hint: '' });
    }
    this.versions = { host: String(params.version ?? ''), daemon: String(params.daemon ?? '') };
    this.problem = null;
    this.delay = kFirstDelay;
    this.#enter('ready');
    for (const waiter of this.waiters.splice(0)) waiter.resolve();
    this.parts.onReady();
  }

  #lost(problem) {
    this.port = null;
    this.#stop('patience');
    this.problem = problem;
    const error = new BridgeError(problem);
    for (const { reject, timer } of this.calls.values()) {
      this.clock.clear(timer);
      reject(error);
    }
    this.calls.clear();
    // Those who wait for a first answer learn at once what is wrong, unless the next try may well succeed.
    if (problem.code !== 'HostEnded' || this.delay > kFirstDelay)
      for (const waiter of this.waiters.splice(0)) waiter.reject(error);
    if (!this.reasons.size) return this.#enter('closed');
    this.#start('again', this.delay, () => this.#open());
    this.delay = Math.min(this.delay * 2, kLongestDelay);
    this.#enter('waiting');
  }

  #ready() {
    if (this.phase === 'ready') return Promise.resolve();
    const ready = new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
    if (this.phase === 'waiting' && this.problem && this.problem.code !== 'HostEnded') this.retry();
    return ready;
  }

  #send(method, params, within) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = this.clock.set(() => {
        this.calls.delete(id);
        reject(new BridgeError({ code: 'NoAnswer', message: method, hint: '' }));
      }, within);
      this.calls.set(id, { resolve, reject, timer });
      try {
        /** @type {chrome.runtime.Port} */ (this.port).postMessage({ jsonrpc: '2.0', id, method, params });
      } catch (error) {
        this.calls.delete(id);
        this.clock.clear(timer);
        reject(new BridgeError({ code: 'NotSent', message: String(error?.message ?? error), hint: '' }));
      }
    });
  }

  #closeIfIdle() {
    if (this.reasons.size) return;
    this.#stop('again');
    this.#stop('patience');
    this.port?.disconnect();
    this.port = null;
    this.#enter('closed');
  }

  #enter(phase) {
    this.phase = phase;
    this.parts.onState();
  }

  #start(name, ms, action) {
    this.#stop(name);
    this.timers[name] = this.clock.set(() => {
      this.timers[name] = null;
      action();
    }, ms);
  }

  #stop(name) {
    if (this.timers[name] !== null) this.clock.clear(this.timers[name]);
    this.timers[name] = null;
  }
}

/** @param {any} given @returns {Problem} */
function readProblem(given) {
  const text = value => (typeof value === 'string' ? value.slice(0, 500) : '');
  const detail = text(given?.detail);
  return {
    code: text(given?.code) || 'Unknown',
    message: [text(given?.message), detail].filter(Boolean).join(': '),
    hint: text(given?.hint),
  };
}
