// One person's computer for one test: a home, the real daemon and host, the sample site, one browser with the extension.
// Everything in it ends with the test, also when the test fails or runs out of time.
import { execFile } from 'node:child_process';
import { access, chmod, copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSite } from '../../site/site.js';
import { chromiumId, openChromium } from './chromium.js';
import { Display } from './display.js';
import { openPopup } from './extension.js';
import { kFirefoxId, openFirefox } from './firefox.js';
import { Peer } from './peer.js';
import { adopt, Child, endStranger, eventually, gone, kill, scratch } from './process.js';

const run = promisify(execFile);
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
export const kRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const kPrograms = process.env.WEIR_BIN ?? path.join(kRoot, 'build/release/bin');
export const kExtension = process.env.WEIR_EXTENSION ?? path.join(kRoot, 'browser-extension');

const kManifestPlaces = { chromium: '.config/chromium/NativeMessagingHosts', firefox: '.mozilla/native-messaging-hosts' };

export class World {
  #peer = null;
  #daemon = null;
  #display = null;
  #strangers = new Set();

  constructor(browserName) {
    const folder = scratch('weir-e2e-');
    this.folder = folder;
    this.browserName = browserName;
    this.home = path.join(folder, 'home');
    this.downloads = path.join(folder, 'downloads');
    this.browserDownloads = path.join(this.home, 'Downloads');
    const { DISPLAY, WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS, ...inherited } = process.env;
    const xdg = Object.fromEntries(Object.keys(inherited).filter(name => name.startsWith('XDG_')).map(name => [name, undefined]));
    this.environment = { ...inherited, ...xdg, HOME: this.home, WEIR_HOME: path.join(folder, 'weir') };
  }

  async furnish({ settings = {}, plugins = [] } = {}) {
    for (const program of ['weir', 'weir-daemon']) await access(path.join(kPrograms, program));
    for (const place of [this.home, this.downloads, this.browserDownloads, this.environment.WEIR_HOME])
      await mkdir(place, { recursive: true, mode: 0o700 });
    await writeFile(path.join(this.environment.WEIR_HOME, 'config.json'), JSON.stringify({ 'downloads.dir': this.downloads, ...settings }));
    const strangers = path.join(this.environment.WEIR_HOME, 'plugins');
    for (const plugin of plugins) {
      await mkdir(strangers, { recursive: true });
      await copyFile(path.join(kPrograms, `../tests/plugins/weir-${plugin}.so`), path.join(strangers, `weir-${plugin}.so`));
    }
    this.site = await startSite();
  }

  /** What `weir browser install` would write. */
  async registerHost(program = path.join(kPrograms, 'weir')) {
    const folder = path.join(this.home, kManifestPlaces[this.browserName]);
    await mkdir(folder, { recursive: true });
    const allowed = this.browserName === 'firefox' ? { allowed_extensions: [kFirefoxId] } : { allowed_origins: [`chrome-extension://${await chromiumId(kExtension)}/`] };
    await writeFile(path.join(folder, 'org.weir.host.json'),
      JSON.stringify({ name: 'org.weir.host', description: 'weir', path: program, type: 'stdio', ...allowed }));
  }

  async removeHost() {
    await rm(path.join(this.home, kManifestPlaces[this.browserName], 'org.weir.host.json'), { force: true });
  }

  /** A host that only sends these messages, whatever it is asked. */
  async fakeHost(messages) {
    const program = path.join(this.folder, 'fake-host');
    await writeFile(program, `#!${process.execPath}
for (const message of ${JSON.stringify(messages)}) {
  const body = Buffer.from(JSON.stringify(message));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([length, body]));
}
process.stdin.on('end', () => process.exit()).resume();
`);
    await chmod(program, 0o755);
    return program;
  }

  startDaemon() {
    this.#daemon = new Child(path.join(kPrograms, 'weir-daemon'), [], { env: this.environment });
    return this.#daemon;
  }

  /** A connection to this world's daemon, which somebody starts or has started. */
  async daemon() {
    if (this.#peer && !this.#peer.over) return this.#peer;
    this.#peer = await eventually(() => Peer.connect(path.join(this.environment.WEIR_HOME, 'run/weir.sock')).catch(() => null));
    const { pid } = await this.#peer.call('system.status');
    this.#peer.pid = pid;
    if (pid !== this.#daemon?.pid) this.#strangers.add(pid);
    adopt(pid);
    return this.#peer;
  }

  /** As a crash would. */
  async killDaemon() {
    const { pid } = await this.daemon();
    kill(pid, 'SIGKILL');
    await this.#peer.closed();
  }

  /** In order: everything is written, nothing runs any more. */
  async stopDaemon() {
    const { pid } = await this.daemon();
    await this.#peer.call('system.stop').catch(() => {});
    await gone(pid);
  }

  /** The browser's own download of that name, when it is whole. */
  async browserFile(name) {
    await eventually(async () => (await readdir(this.browserDownloads)).join() === name);
    return path.join(this.browserDownloads, name);
  }

  async weir(...args) {
    const { stdout } = await run(path.join(kPrograms, 'weir'), args, { env: this.environment });
    return stdout;
  }

  /** `menus`: the browser must be able to show its real context menu; headless Chromium is not. */
  async openBrowser({ menus = false, ...options } = {}) {
    const open = this.browserName === 'firefox' ? openFirefox : openChromium;
    if (menus && this.browserName === 'chromium') this.#display = await Display.open();
    this.browser = await open({ home: this.home, downloads: this.browserDownloads, environment: this.environment, extension: kExtension,
      display: this.#display?.name, ...options });
    return this.browser;
  }

  /** Chooses the extension's item of that name in the real context menu of an element. */
  contextMenu(tab, selector, label) {
    return this.#display ? this.#display.contextMenu(tab, selector) : this.browser.contextMenu(tab, selector, label);
  }

  /** What the extension shows now: its buttons in the last page, and the popup for it. */
  async #shown() {
    const tab = this.browser?.last;
    if (!tab) return 'no page';
    const buttons = await tab.shadowButtons();
    const popup = await openPopup(this.browser, tab);
    await pause(500);
    const text = await popup.run(() => `${document.querySelector('#connection')?.dataset.phase}: ${document.body.innerText.replace(/\s+/g, ' ')}`);
    return `buttons ${JSON.stringify(buttons)}; popup ${text}`;
  }

  /** What helps when a test has failed. */
  async report() {
    const tasks = [...(this.#peer?.tasks.values() ?? [])].map(({ id, url, state, error, path: file }) => ({ id, url, state, error, file }));
    const log = await readFile(path.join(this.environment.WEIR_HOME, 'log/weir.log'), 'utf8').catch(() => '');
    const shown = await this.#shown().catch(error => `unknown: ${error}`);
    return [`tasks: ${JSON.stringify(tasks)}`, `shown: ${shown}`, `daemon: ${this.#daemon?.text ?? ''}${log.slice(-3000)}`, `browser: ${(this.browser?.text?.() ?? '').split('\n').filter(line => /extension:/.test(line)).join('\n')}`,
      `site: ${this.site?.requests.slice(-15).map(request => `${request.method} ${request.url}`).join(', ')}`].join('\n');
  }

  async end() {
    const steps = [
      () => this.browser?.close(),
      () => this.#display?.close(),
      () => this.#peer?.close(),
      () => this.#daemon?.end(),
      ...[...this.#strangers].map(pid => () => endStranger(pid)),
      () => this.site?.close(),
      () => rm(this.folder, { recursive: true, force: true, maxRetries: 5 }),
    ];
    const failures = [];
    for (const step of steps) await Promise.resolve().then(step).catch(error => failures.push(error));
    if (failures.length) throw new AggregateError(failures, 'the world did not end well');
  }
}

/**
 * A furnished world with its browser open, which ends with the test `t`.
 * @param {{daemon?: boolean, host?: boolean, settings?: object, plugins?: string[], browser?: object|false}} [options]
 */
export async function world(t, browserName, { daemon = true, host = true, settings, plugins, browser = {} } = {}) {
  const made = new World(browserName);
  t.after(async () => {
    if (made.failed) t.diagnostic(await made.report());
    await made.end();
  });
  await made.furnish({ settings, plugins });
  if (host) await made.registerHost();
  if (daemon) made.startDaemon();
  if (browser) await made.openBrowser(browser);
  return made;
}

/** A test in a world of its own; when it fails, the world says what it knows. */
export const inWorld = (browserName, options, body) => async t => {
  const made = await world(t, browserName, options);
  made.failed = true;
  await body(made, t);
  made.failed = false;
};
