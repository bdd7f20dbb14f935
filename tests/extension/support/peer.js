// A client of the daemon's local socket: calls, and waiting for tasks by the daemon's own events.
import { once } from 'node:events';
import net from 'node:net';

const kProtocol = 1;

export class Peer {
  #socket;
  #waiting = new Map();
  #lastId = 0;
  #pending = Buffer.alloc(0);
  #onChange = new Set();
  /** @type {Map<number, object>} the newest row of each task */
  tasks = new Map();

  static async connect(path) {
    const peer = new Peer();
    peer.#socket = net.connect(path);
    await once(peer.#socket, 'connect');
    peer.#socket.on('data', data => peer.#read(data));
    peer.#socket.on('error', () => {});
    peer.#socket.on('close', () => peer.#end(new Error('the daemon closed the connection')));
    await peer.call('session.hello', { client: 'browser-tests', version: '1', protocol: kProtocol, role: 'client' });
    const { tasks } = await peer.call('events.subscribe');
    peer.#take(tasks);
    return peer;
  }

  call(method, params = {}) {
    const id = ++this.#lastId;
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    this.#socket.write(Buffer.concat([length, body]));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** The first task, there or to come, that the predicate likes. */
  task(predicate) {
    const found = () => [...this.tasks.values()].find(predicate);
    return new Promise((resolve, reject) => {
      const look = error => {
        const task = found();
        if (!task && !error) return;
        this.#onChange.delete(look);
        if (task) resolve(task);
        else reject(error);
      };
      this.#onChange.add(look);
      look(null);
    });
  }

  /** The task is there no more. */
  async gone(id) {
    return new Promise((resolve, reject) => {
      const look = error => {
        if (this.tasks.has(id) && !error) return;
        this.#onChange.delete(look);
        if (error) reject(error);
        else resolve();
      };
      this.#onChange.add(look);
      look(null);
    });
  }

  /** The only task when it has ended. */
  async ended(predicate = () => true) {
    return this.task(task => predicate(task) && ['done', 'failed'].includes(task.state));
  }

  get over() { return this.#socket.destroyed; }
  close() { this.#socket.destroy(); }
  closed() { return this.#socket.destroyed ? Promise.resolve() : once(this.#socket, 'close'); }

  #take(tasks) {
    for (const task of tasks ?? []) this.tasks.set(task.id, { ...this.tasks.get(task.id), ...task });
    for (const look of [...this.#onChange]) look(null);
  }

  #read(data) {
    this.#pending = Buffer.concat([this.#pending, data]);
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32LE(0);
      if (this.#pending.length < 4 + length) return;
      const message = JSON.parse(this.#pending.subarray(4, 4 + length).toString());
      this.#pending = this.#pending.subarray(4 + length);
      this.#heard(message);
    }
  }

  #heard(message) {
    if (message.id === undefined) {
      for (const id of message.params?.removed ?? []) this.tasks.delete(id);
      return this.#take(message.params?.tasks);
    }
    const { resolve, reject } = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) reject(new Error(`${message.error.message} ${JSON.stringify(message.error.data ?? {})}`));
    else resolve(message.result);
  }

  #end(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    for (const look of [...this.#onChange]) look(error);
  }
}
