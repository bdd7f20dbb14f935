import assert from 'node:assert/strict';
import test from 'node:test';
import { Bridge, BridgeError, portProblem } from '../bridge.js';

/** A port that the test plays the host on. */
class FakePort {
  sent = [];
  heard = [];
  gone = [];
  error = null;
  closed = false;
  onMessage = { addListener: listener => this.heard.push(listener) };
  onDisconnect = { addListener: listener => this.gone.push(listener) };
  postMessage(message) {
    this.sent.push(message);
  }
  disconnect() {
    this.closed = true;
  }
  say(message) {
    for (const listener of this.heard) listener(message);
  }
  ready() {
    this.say({ jsonrpc: '2.0', method: 'host.ready', params: { version: '1', protocol: 1, daemon: '1' } });
  }
  die(message) {
    this.error = message ? { message } : null;
    for (const listener of this.gone) listener();
  }
}

/** Time stands until a test moves it. */
class FakeClock {
  timers = new Map();
  last = 0;
  set(action, ms) {
    this.timers.set(++this.last, { action, ms });
    return this.last;
  }
  clear(id) {
    this.timers.delete(id);
  }
  delays() {
    return [...this.timers.values()].map(timer => timer.ms);
  }
  fire(ms) {
    for (const [id, timer] of [...this.timers]) {
      if (timer.ms !== ms) continue;
      this.timers.delete(id);
      timer.action();
    }
  }
}

function make({ connect } = {}) {
  const ports = [];
  const clock = new FakeClock();
  const notes = [];
  let readies = 0;
  const bridge = new Bridge({
    connect:
      connect ??
      (() => {
        ports.push(new FakePort());
        return ports.at(-1);
      }),
    lastError: port => port.error?.message ?? '',
    onState() {},
    onReady: () => readies++,
    onNotification: (method, params) => notes.push([method, params]),
    clock,
  });
  return { bridge, ports, clock, notes, readies: () => readies };
}
const turn = () => new Promise(resolve => setImmediate(resolve));

test('a call opens the port, waits for the host, and the port closes after a while', async () => {
  const { bridge, ports, clock } = make();
  const answer = bridge.call('task.list', { limit: 1 });
  assert.equal(ports.length, 1);
  assert.equal(ports[0].sent.length, 0);
  ports[0].ready();
  await turn();
  assert.deepEqual(ports[0].sent[0], { jsonrpc: '2.0', id: 1, method: 'task.list', params: { limit: 1 } });
  ports[0].say({ jsonrpc: '2.0', id: 1, result: 'good' });
  assert.equal(await answer, 'good');
  assert.ok(!ports[0].closed);
  clock.fire(3000);
  assert.ok(ports[0].closed);
  assert.equal(bridge.phase, 'closed');
});

test('answers find their calls in any order, and strange ones nobody', async () => {
  const { bridge, ports } = make();
  const first = bridge.call('a'),
    second = bridge.call('b');
  ports[0].ready();
  await turn();
  ports[0].say({ id: 99, result: 1 });
  ports[0].say(null);
  ports[0].say('text');
  ports[0].say({ id: 2, result: 'two' });
  ports[0].say({
    id: 1,
    error: { code: 6, message: 'no', data: { code: 'BadParams', message: 'no', hint: 'do this', detail: 'x' } },
  });
  assert.equal(await second, 'two');
  await assert.rejects(
    first,
    error =>
      error instanceof BridgeError && error.code === 'BadParams' && error.hint === 'do this' && error.message === 'no: x',
  );
});

test('a call that may be repeated survives the death of the host; another does not', async () => {
  const { bridge, ports, clock } = make();
  const once = bridge.call('task.remove');
  const again = bridge.call('task.add', {}, { repeat: 2 });
  const lost = assert.rejects(once, { code: 'HostEnded' });
  ports[0].ready();
  await turn();
  ports[0].die('Native host has exited.');
  await lost;
  await turn();
  assert.equal(bridge.phase, 'waiting');
  clock.fire(250);
  ports[1].ready();
  await turn();
  assert.equal(ports[1].sent[0].method, 'task.add');
  ports[1].say({ id: ports[1].sent[0].id, result: { ids: [1] } });
  assert.deepEqual(await again, { ids: [1] });
});

test('a missing host is told at once, with its name', async () => {
  const { bridge, ports } = make();
  const call = bridge.call('task.add', {}, { repeat: 3 });
  ports[0].die('Specified native messaging host not found.');
  await assert.rejects(call, { code: 'HostMissing' });
  assert.equal(bridge.problem?.code, 'HostMissing');
});

test('what the host says before it ends counts more than how it ended', async () => {
  const { bridge, ports } = make();
  const call = bridge.call('x');
  ports[0].say({
    method: 'host.problem',
    params: { error: { code: 'DaemonUnreachable', message: 'cannot start', hint: 'look' } },
  });
  ports[0].die('Native host has exited.');
  await assert.rejects(call, { code: 'DaemonUnreachable', hint: 'look' });
});

test('another version is refused', async () => {
  const { bridge, ports } = make();
  const call = bridge.call('x');
  ports[0].say({ method: 'host.ready', params: { version: '9', protocol: 2, daemon: '9' } });
  await assert.rejects(call, { code: 'HostVersion' });
  assert.ok(ports[0].closed);
});

test('a host that says nothing is given up', async () => {
  const { bridge, clock, ports } = make();
  const call = bridge.call('x');
  clock.fire(10_000);
  await assert.rejects(call, { code: 'HostSilent' });
  assert.ok(ports[0].closed);
});

test('an answer that never comes', async () => {
  const { bridge, ports, clock } = make();
  const call = bridge.call('x');
  ports[0].ready();
  await turn();
  clock.fire(30_000);
  await assert.rejects(call, { code: 'NoAnswer' });
});

test('while it is wanted it comes back, more and more slowly, and tells when it is ready', () => {
  const { bridge, ports, clock, readies } = make();
  bridge.want('tasks');
  for (const delay of [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]) {
    ports.at(-1).die('');
    assert.deepEqual(clock.delays(), [delay]);
    clock.fire(delay);
  }
  ports.at(-1).ready();
  assert.equal(readies(), 1);
  assert.equal(bridge.problem, null);
  bridge.release('tasks');
  clock.fire(3000);
  assert.equal(bridge.phase, 'closed');
});

test('when nobody wants it any more, it stays away', () => {
  const { bridge, ports, clock } = make();
  bridge.want('tasks');
  ports[0].ready();
  bridge.release('tasks');
  ports[0].die('');
  assert.equal(bridge.phase, 'closed');
  clock.fire(3000);
  assert.equal(ports.length, 1);
});

test('a browser that refuses to connect at all', async () => {
  const { bridge } = make({
    connect: () => {
      throw new Error('Access to the specified native messaging host is forbidden.');
    },
  });
  await assert.rejects(bridge.call('x'), { code: 'HostForbidden' });
});

test('notifications are passed on', () => {
  const { bridge, ports, notes } = make();
  bridge.want('x');
  ports[0].ready();
  ports[0].say({ method: 'events.delta', params: { sequence: 3 } });
  assert.deepEqual(notes, [['events.delta', { sequence: 3 }]]);
});

test('what browsers say', () => {
  for (const [text, code] of [
    ['Specified native messaging host not found.', 'HostMissing'],
    ['No such native application org.weir.host', 'HostMissing'],
    ['Access to the specified native messaging host is forbidden.', 'HostForbidden'],
    ['Native host has exited.', 'HostEnded'],
    ['', 'HostEnded'],
    ['Error when communicating with the native messaging host.', 'HostBroken'],
  ])
    assert.equal(portProblem(text).code, code);
});
