// A display that nobody sees, for what a headless browser does not have: Chromium's own context menu.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Child, eventually } from './process.js';

const run = promisify(execFile);

export class Display {
  static async open() {
    const it = new Display();
    it.server = new Child('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const [number] = await Promise.race([once(it.server.process.stdio[3], 'data'), it.server.ended.then(() => { throw new Error(it.server.text); })]);
    it.name = `:${String(number).trim()}`;
    return it;
  }

  async #xdotool(...args) {
    const { stdout } = await run('xdotool', args, { env: { ...process.env, DISPLAY: this.name } });
    return stdout;
  }

  /** Visible windows; a menu is one. */
  async windows() { return (await this.#xdotool('search', '--onlyvisible', '--name', '').catch(() => '')).split('\n').filter(Boolean); }
  async press(...keys) { for (const key of keys) await this.#xdotool('key', key); }

  /** The real context menu of an element: below the extension's item are Inspect and, for a page without a selection, its source. */
  async contextMenu(tab, selector) {
    const before = (await this.windows()).length;
    const below = await tab.run(name => (document.querySelector(name).closest('a, img, video, audio') || !getSelection().isCollapsed ? 1 : 2), selector);
    await this.#xdotool('mousemove', '1279', '899'); // or the pointer's own item would be the one to count from
    await tab.click(selector, { button: 'right' });
    await eventually(async () => (await this.windows()).length > before);
    await this.press(...Array(below + 1).fill('Up'), 'Return');
    await eventually(async () => (await this.windows()).length <= before);
  }

  close() { return this.server.end(); }
}
