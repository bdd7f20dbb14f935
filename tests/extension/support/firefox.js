// Firefox with the extension, headless, driven over Marionette: it alone opens the extension's own pages and the real context
// menu. What it offers is the same as chromium.js offers.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { middleOf } from './in_page.js';
import { Marionette } from './marionette.js';
import { Child, eventually } from './process.js';

const kProgram = process.env.WEIR_FIREFOX ?? '/usr/bin/firefox-esr';
const kElement = 'element-6066-11e4-a52e-4f735466cecf';
const kQuitWithin = 10_000;
const kShadow = 'shadow-6066-11e4-a52e-4f735466cecf';
const kUuid = '2f4d1c5e-6a0b-4c7d-9e8f-0a1b2c3d4e5f';
const kKeys = { Enter: '\uE007', Tab: '\uE004', Escape: '\uE00C', ArrowDown: '\uE015', Alt: '\uE00A', Control: '\uE009', ' ': ' ' };
export const kFirefoxId = 'weir@weir.dev';

const kPreferences = {
  'marionette.port': 0,
  'extensions.webextensions.uuids': JSON.stringify({ [kFirefoxId]: kUuid }),
  'media.autoplay.default': 0,
  'browser.download.folderList': 2,
  'browser.download.always_ask_before_handling_new_types': false,
  'browser.download.alwaysOpenPanel': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'dom.ipc.processCount': 2,
  'dom.ipc.processPrelaunch.enabled': false,
  'privacy.userContext.enabled': true,
  'gfx.webrender.software': true,
};

class Tab {
  constructor(browser, handle) {
    this.browser = browser;
    this.handle = handle;
  }

  async #send(command, parameters) {
    await this.browser.select(this.handle);
    return this.browser.wire.send(command, parameters);
  }

  async goto(url) { await this.#send('WebDriver:Navigate', { url }); }
  run(body, ...args) {
    return this.#send('WebDriver:ExecuteScript', { script: `return (${body})(...arguments)`, args, sandbox: null, newSandbox: false });
  }
  until(body, ...args) { return eventually(() => this.run(body, ...args), 50); }

  #pointer(actions) {
    return this.#send('WebDriver:PerformActions', { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] });
  }
  clickAt({ x, y }, button = 0) {
    return this.#pointer([{ type: 'pointerMove', x: Math.round(x), y: Math.round(y) }, { type: 'pointerDown', button }, { type: 'pointerUp', button }]);
  }
  /** @param {{button?: 'left' | 'right', key?: 'Alt' | 'Control'}} options `key` is held down meanwhile */
  async click(selector, { button = 'left', key } = {}) {
    const place = await this.run(middleOf, selector);
    if (key) await this.#key('keyDown', key);
    await this.clickAt(place, button === 'right' ? 2 : 0);
    if (key) await this.#key('keyUp', key);
  }
  async hover(selector) {
    const { x, y } = await this.run(middleOf, selector);
    await this.#pointer([{ type: 'pointerMove', x: x - 5, y: y - 5 }, { type: 'pointerMove', x, y, duration: 20 }]);
  }
  #key(...types) {
    const key = types.pop();
    const value = kKeys[key] ?? key;
    return this.#send('WebDriver:PerformActions', { actions: [{ type: 'key', id: 'keys', actions: types.map(type => ({ type, value })) }] });
  }
  press(key) { return this.#key('keyDown', 'keyUp', key); }
  async type(text) { for (const letter of text) await this.press(letter); }
  front() { return this.browser.select(this.handle); }
  async close() {
    await this.#send('WebDriver:CloseWindow');
    await this.browser.home();
  }
  async screenshot(file) { await writeFile(file, Buffer.from(await this.#send('WebDriver:TakeScreenshot', { full: false }), 'base64')); }

  /** The buttons inside closed shadow roots: [{label, role, x, y}]. */
  async shadowButtons() {
    const hosts = await this.#send('WebDriver:FindElements', { using: 'css selector', value: 'html > :not(head):not(body), body > :not(main):not(script)' });
    const buttons = [];
    for (const host of hosts) {
      const root = await this.#send('WebDriver:GetShadowRoot', { id: host[kElement] }).catch(() => null);
      if (!root) continue;
      const found = await this.#send('WebDriver:FindElementsFromShadowRoot', { shadowRoot: root[kShadow], using: 'css selector', value: 'button' });
      for (const button of found) {
        const id = button[kElement];
        const { x, y, width, height } = await this.#send('WebDriver:GetElementRect', { id });
        if (!width || !height) continue;
        const scroll = await this.run(() => ({ x: window.scrollX, y: window.scrollY }));
        buttons.push({ label: await this.#send('WebDriver:GetComputedLabel', { id }), role: 'button', x: x - scroll.x + width / 2, y: y - scroll.y + height / 2 });
      }
    }
    return buttons;
  }
}

class Firefox {
  name = 'firefox';
  #selected = null;
  #context = 'content';
  #first = null;

  constructor(child, wire) {
    this.child = child;
    this.wire = wire;
  }

  text() { return this.child.text; }

  /** Selects the tab that is always there: commands need one that is not closed. */
  async home() {
    this.#first ??= await this.wire.send('WebDriver:GetWindowHandle');
    await this.select(this.#first);
  }

  async select(handle) {
    await this.#in('content');
    if (this.#selected === handle) return;
    await this.wire.send('WebDriver:SwitchToWindow', { handle });
    this.#selected = handle;
  }

  async #in(context) {
    if (this.#context !== context) await this.wire.send('Marionette:SetContext', { value: context });
    this.#context = context;
  }

  async open(url) {
    await this.home(); // the tab comes into the window that is selected, which may be a private one
    const { handle } = await this.wire.send('WebDriver:NewWindow', { type: 'tab', focus: true });
    const tab = new Tab(this, handle);
    await this.select(handle);
    if (url) await tab.goto(url);
    if (/^http/.test(url)) this.last = tab;
    return tab;
  }

  /** A tab in a private window of its own. */
  async openPrivate(url) {
    await this.#in('content');
    const { handle } = await this.wire.send('WebDriver:NewWindow', { type: 'window', focus: true, private: true });
    const tab = new Tab(this, handle);
    await tab.goto(url);
    return tab;
  }

  /** A tab in a container. */
  async openContained(url, container) {
    const inside = await this.extension('popup/popup.html?tab=0');
    const tab = await this.opened(() => inside.run(store => chrome.tabs.create({ cookieStoreId: store, url: 'about:blank' }).then(() => true),
      `firefox-container-${container}`));
    await inside.close();
    await tab.goto(url);
    return tab;
  }

  extension(page) { return this.open(`moz-extension://${kUuid}/${page}`); }

  /** The tab that an action opens. */
  async opened(action) {
    await this.#in('content');
    const before = await this.wire.send('WebDriver:GetWindowHandles');
    await action();
    await this.#in('content');
    const handle = await eventually(async () => (await this.wire.send('WebDriver:GetWindowHandles')).find(one => !before.includes(one)));
    return new Tab(this, handle);
  }

  /** Runs in the browser's own window. The last argument of `body` is what answers. */
  async inChrome(body, ...args) {
    await this.#in('chrome');
    return this.wire.send('WebDriver:ExecuteAsyncScript', { args, scriptTimeout: 20_000,
      script: `const answer = arguments[arguments.length - 1]; Promise.resolve((${body})(...[...arguments].slice(0, -1))).then(answer, error => answer('error: ' + error));` });
  }

  /**
   * The real context menu of an element; `label` is the item's text, or several for items of submenus. A menu that was opened before
   * the extension had made its items does not get them: then it is opened again.
   */
  async contextMenu(tab, selector, ...labels) {
    const outcome = await eventually(async () => {
      const chosen = await this.#choose(tab, selector, labels);
      return chosen === 'missing' ? null : chosen;
    }, 200);
    if (outcome !== 'done') throw new Error(outcome);
  }

  async #choose(tab, selector, labels) {
    await tab.front(); // its window's menu is meant
    await this.inChrome(() => {
      const menu = document.getElementById('contentAreaContextMenu');
      window.weirMenu = new Promise(done => menu.addEventListener('popupshown', () => done(true), { once: true }));
      return true;
    });
    await tab.click(selector, { button: 'right' });
    return this.inChrome(async path => {
      await window.weirMenu;
      let menu = document.getElementById('contentAreaContextMenu');
      for (const label of path) {
        const item = [...menu.querySelectorAll(':scope > menuitem, :scope > menu')].find(found => found.label === label);
        if (!item) {
          const root = document.getElementById('contentAreaContextMenu');
          const hidden = new Promise(done => root.addEventListener('popuphidden', event => event.target === root && done()));
          root.hidePopup();
          await hidden;
          return 'missing';
        }
        if (item.localName === 'menuitem') { menu.activateItem(item); return 'done'; }
        menu = item.menupopup;
        const shown = new Promise(done => menu.addEventListener('popupshown', done, { once: true }));
        item.openMenu(true);
        await shown;
      }
      return 'error: that is a menu';
    }, labels);
  }

  /** What the user's yes to the question for more permissions does. */
  async grant(...permissions) {
    const outcome = await this.inChrome(async (id, wanted) => {
      const { ExtensionPermissions } = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
      await ExtensionPermissions.add(id, { permissions: wanted, origins: [] }, WebExtensionPolicy.getByID(id).extension);
      return 'done';
    }, kFirefoxId, permissions);
    if (outcome !== 'done') throw new Error(outcome);
  }

  /** Ends the event page as an idle half minute would. */
  async stopWorker() {
    const outcome = await this.inChrome(async id => {
      await WebExtensionPolicy.getByID(id).extension.terminateBackground({ ignoreDevToolsAttached: true });
      return 'done';
    }, kFirefoxId);
    if (outcome !== 'done') throw new Error(outcome);
  }

  async close() {
    if (this.child.over) return;
    // One that hangs does not answer, and is ended from outside.
    const patience = AbortSignal.timeout(kQuitWithin);
    const expired = new Promise(done => patience.addEventListener('abort', done, { once: true }));
    await Promise.race([this.wire.send('Marionette:Quit', { flags: ['eForceQuit'] }).catch(() => {}), expired]);
    this.wire.close();
    await this.child.end();
  }
}

/**
 * @param {{home: string, downloads: string, environment: object, extension: string, scheme?: 'dark'|'light', language?: string,
 *   privately?: boolean, granted?: string[]}} options  what the user has allowed: the extension in private windows; permissions, so
 *   that no question for them comes up
 */
export async function openFirefox({ home, downloads, environment, extension, scheme = 'light', language = 'en-US', privately = false, granted = [], size = { width: 1000, height: 800 } }) {
  const profile = path.join(home, 'profile');
  await mkdir(profile, { recursive: true });
  const preferences = { ...kPreferences, 'intl.locale.requested': language, 'extensions.webextOptionalPermissionPrompts': !granted.length, 'browser.download.dir': downloads, 'layout.css.prefers-color-scheme.content-override': scheme === 'dark' ? 0 : 1 };
  await writeFile(path.join(profile, 'user.js'), Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''));
  const child = new Child(kProgram, ['--headless', '--marionette', '--remote-allow-system-access', '--no-remote', '--profile', profile,
    '--width', String(size.width), '--height', String(size.height), 'about:blank'], { env: { ...environment, MOZ_HEADLESS: '1' } });
  try {
    const port = await eventually(async () => {
      if (child.over) throw new Error(`Firefox ended: ${child.text}`);
      return Number(await readFile(path.join(profile, 'MarionetteActivePort'), 'utf8').catch(() => 0));
    });
    const wire = await eventually(() => Marionette.connect(port).catch(() => null));
    await wire.send('WebDriver:NewSession', { strictFileInteractability: false });
    const browser = new Firefox(child, wire);
    await browser.home();
    await wire.send('Addon:Install', { path: extension, temporary: true, allowPrivateBrowsing: privately });
    return browser;
  } catch (error) {
    await child.end();
    throw error;
  }
}
