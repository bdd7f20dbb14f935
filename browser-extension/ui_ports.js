// The popup and our other pages: each keeps a port while it is open, gets the state when it changes, and asks for actions.

const kGather = 150;

export class UiPorts {
  /** @param {{state: (tab: number, hidden: boolean) => object, want: (on: boolean) => void, act: (message: any) => Promise<any>}} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Map<chrome.runtime.Port, {tab: number, hidden: boolean}>} each with the tab that it is about */
    this.ports = new Map();
    this.timer = null;
  }

  /** @param {chrome.runtime.MessageSender | undefined} sender */
  static isOurs(sender) {
    return sender?.id === chrome.runtime.id && (sender.url ?? '').startsWith(chrome.runtime.getURL(''));
  }

  watch(explain) {
    chrome.runtime.onConnect.addListener(port => {
      if (port.name !== 'ui' || !UiPorts.isOurs(port.sender)) return;
      this.ports.set(port, { tab: -1, hidden: false });
      this.parts.want(true);
      port.onMessage.addListener(message => void this.#heard(port, message, explain));
      port.onDisconnect.addListener(() => {
        this.ports.delete(port);
        if (!this.ports.size) this.parts.want(false);
      });
    });
  }

  changed() {
    if (!this.ports.size) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      for (const [port, { tab, hidden }] of this.ports) this.#send(port, { state: this.parts.state(tab, hidden) });
    }, kGather);
  }

  async #heard(port, message, explain) {
    if (message.action === 'about') {
      this.ports.set(port, { tab: Number(message.tab), hidden: message.hidden === true });
      this.changed();
      return;
    }
    try {
      this.#send(port, { reply: message.number, result: (await this.parts.act(message)) ?? null });
    } catch (error) {
      this.#send(port, { reply: message.number, error: explain(error) });
    }
    this.changed();
  }

  #send(port, message) {
    try {
      port.postMessage(message);
    } catch {
      this.ports.delete(port);
    }
  }
}
