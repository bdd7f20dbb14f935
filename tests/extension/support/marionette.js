// Firefox's remote protocol: `<bytes>:[0, id, command, parameters]`, answered by `<bytes>:[1, id, error, result]`.
import { once } from 'node:events';
import net from 'node:net';

export class Marionette {
  #socket;
  #pending = Buffer.alloc(0);
  #waiting = new Map();
  #lastId = 0;

  static async connect(port) {
    const it = new Marionette();
    it.#socket = net.connect(port, '127.0.0.1');
    await once(it.#socket, 'connect');
    const greeting = new Promise(greeted => it.#waiting.set('greeting', { resolve: greeted, reject: greeted }));
    it.#socket.on('data', data => it.#read(data));
    it.#socket.on('error', () => {});
    it.#socket.on('close', () => {
      for (const { reject } of it.#waiting.values()) reject(new Error('Firefox closed the connection'));
      it.#waiting.clear();
    });
    await greeting;
    return it;
  }

  send(command, parameters = {}) {
    const id = ++this.#lastId;
    const text = Buffer.from(JSON.stringify([0, id, command, parameters]));
    this.#socket.write(Buffer.concat([Buffer.from(`${text.length}:`), text]));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject: error => reject(Object.assign(error, { command })) }));
  }

  close() { this.#socket.destroy(); }

  #read(data) {
    this.#pending = Buffer.concat([this.#pending, data]);
    for (;;) {
      const colon = this.#pending.indexOf(':');
      const length = Number(this.#pending.subarray(0, colon));
      if (colon < 0 || this.#pending.length < colon + 1 + length) return;
      this.#heard(JSON.parse(this.#pending.subarray(colon + 1, colon + 1 + length).toString()));
      this.#pending = this.#pending.subarray(colon + 1 + length);
    }
  }

  #heard(message) {
    if (!Array.isArray(message)) return this.#settle('greeting', null, message);
    const [, id, error, result] = message;
    this.#settle(id, error && new Error(`${error.error}: ${error.message}`), result);
  }

  #settle(id, error, result) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(error);
    else waiting?.resolve(result?.value === undefined ? result : result.value);
  }
}
