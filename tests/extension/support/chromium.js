// Chromium with the extension, driven by Playwright. What it offers is the same as firefox.js offers.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { middleOf } from './in_page.js';
import { eventually } from './process.js';

const kProgram = process.env.WEIR_CHROMIUM ?? '/usr/bin/chromium';

/** The id that follows from the manifest's key. */
export async function chromiumId(extension) {
  const { key } = JSON.parse(await readFile(path.join(extension, 'manifest.json'), 'utf8'));
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 32);
  return [...digest].map(digit => String.fromCharCode(97 + parseInt(digit, 16))).join('');
}

class Tab {
  constructor(page, browser) {
    this.page = page;
    this.browser = browser;
  }

  get url() { return this.page.url(); }
  goto(url) { return this.page.goto(url, { waitUntil: 'load' }); }
  run(body, ...args) { return this.page.evaluate(`(${body})(...${JSON.stringify(args)})`); }
  until(body, ...args) { return eventually(() => this.run(body, ...args), 50); }
  /** @param {{button?: 'left' | 'right', key?: 'Alt' | 'Control'}} options `key` is held down meanwhile */
  async click(selector, { key, ...options } = {}) {
    const { x, y } = await this.run(middleOf, selector);
    if (key) await this.page.keyboard.down(key);
    await this.page.mouse.click(x, y, options);
    if (key) await this.page.keyboard.up(key);
  }
  async hover(selector) {
    const { x, y } = await this.run(middleOf, selector);
    await this.page.mouse.move(x - 5, y - 5);
    await this.page.mouse.move(x, y, { steps: 3 });
  }
  clickAt({ x, y }) { return this.page.mouse.click(x, y); }
  press(key) { return this.page.keyboard.press(key); }
  type(text) { return this.page.keyboard.type(text); }
  front() { return this.page.bringToFront(); }
  close() { return this.page.close(); }
  screenshot(file) { return this.page.screenshot({ path: file }); }

  /** The buttons inside closed shadow roots, as a screen reader and a mouse meet them: [{label, role, x, y}]. */
  async shadowButtons() {
    const protocol = await this.page.context().newCDPSession(this.page);
    try {
      const { root } = await protocol.send('DOM.getDocument', { depth: -1, pierce: true });
      const found = [];
      const walk = (node, closed) => {
        if (closed && node.nodeName === 'BUTTON') found.push(node);
        for (const child of node.children ?? []) walk(child, closed);
        for (const shadow of node.shadowRoots ?? []) walk(shadow, closed || shadow.shadowRootType === 'closed');
        if (node.contentDocument) walk(node.contentDocument, false);
      };
      walk(root, false);
      const buttons = [];
      for (const { backendNodeId } of found) {
        const box = await protocol.send('DOM.getBoxModel', { backendNodeId }).catch(() => null);
        const { nodes } = await protocol.send('Accessibility.getPartialAXTree', { backendNodeId, fetchRelatives: false });
        if (!box || !nodes[0]?.name) continue;
        const [left, top, right, , , bottom] = box.model.border;
        buttons.push({ label: nodes[0].name.value, description: nodes[0].description?.value ?? '', role: nodes[0].role.value, x: (left + right) / 2, y: (top + bottom) / 2 });
      }
      return buttons;
    } finally {
      await protocol.detach();
    }
  }
}

class Chromium {
  name = 'chromium';

  constructor(context, id) {
    this.context = context;
    this.id = id;
  }

  async open(url) { return this.#tab(await this.context.newPage(), url); }

  /** A tab in a private window of its own. */
  async openPrivate(url) {
    const inside = await this.extension('popup/popup.html?tab=0');
    const [page] = await Promise.all([this.context.waitForEvent('page'),
      inside.run(() => chrome.windows.create({ incognito: true, url: 'about:blank' }).then(() => true))]);
    await inside.close();
    return this.#tab(page, url);
  }

  async #tab(page, url) {
    const tab = new Tab(page, this);
    // Playwright's own way of downloading would hide downloads from extensions.
    const protocol = await this.context.newCDPSession(tab.page);
    await protocol.send('Browser.setDownloadBehavior', { behavior: 'default' });
    await protocol.detach();
    if (url) await tab.goto(url);
    if (/^http/.test(url)) this.last = tab;
    return tab;
  }

  /** A page of the extension, in a tab. */
  async extension(page) { return this.open(`chrome-extension://${this.id}/${page}`); }

  /** The tab that an action opens. */
  async opened(action) {
    const [page] = await Promise.all([this.context.waitForEvent('page'), action()]);
    await page.waitForLoadState();
    return new Tab(page, this);
  }

  /** Ends the worker as an idle minute would. */
  async stopWorker() {
    const page = await this.context.newPage();
    const protocol = await this.context.newCDPSession(page);
    await protocol.send('ServiceWorker.enable');
    await protocol.send('ServiceWorker.stopAllWorkers');
    await page.close();
  }

  close() { return this.context.close(); }
}

/** What the browser would have written, had the user changed it there. */
async function prefer(profile, preferences) {
  await mkdir(path.join(profile, 'Default'), { recursive: true });
  await writeFile(path.join(profile, 'Default/Preferences'), JSON.stringify(preferences));
}

/**
 * @param {{home: string, environment: object, extension: string, display?: string, scheme?: 'dark'|'light', language?: string,
 *   privately?: boolean, granted?: string[]}} options  what the user has allowed: the extension in private windows; permissions, so
 *   that no question for them comes up
 */
export async function openChromium({ home, environment, extension, display, scheme = 'light', language = 'en-US', privately = false, granted = [],
  size = { width: 1000, height: 800 } }) {
  const profile = path.join(home, '.config/chromium');
  const kLocation = 8; // where the extension comes from: the command line
  if (privately || granted.length) {
    const permissions = { api: granted, explicit_host: [], manifest_permissions: [], scriptable_host: [] };
    const known = { incognito: privately, location: kLocation, granted_permissions: permissions, runtime_granted_permissions: permissions };
    await prefer(profile, { extensions: { settings: { [await chromiumId(extension)]: known } } });
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: kProgram,
    headless: !display,
    viewport: display ? null : size,
    colorScheme: scheme,
    locale: language,
    env: { ...environment, LANGUAGE: language.replace('-', '_'), ...(display && { DISPLAY: display }) },
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--autoplay-policy=no-user-gesture-required', `--lang=${language}`, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`,
      ...(display ? ['--window-position=0,0', `--window-size=${size.width},${size.height}`] : [])],
  });
  try {
    if (!context.serviceWorkers().length) await context.waitForEvent('serviceworker', { timeout: 15_000 });
    return new Chromium(context, await chromiumId(extension));
  } catch (error) {
    await context.close();
    throw error;
  }
}
