// What a page can find out about the extension, what it can make it do (nothing), and where secrets do not get.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { kBrowsers, kTimeout } from './support/browsers.js';
import { playerButton, pressDownload } from './support/extension.js';
import { playing } from './support/in_page.js';
import { assertFilm } from './support/probe.js';
import { inWorld, kExtension } from './support/world.js';

for (const name of kBrowsers) {
  test(`${name}: a page that looks for the extension finds no name, no hook, no message`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/detect`);
    await tab.until(playing);
    await playerButton(tab, /^Download this video$/);
    await tab.run(() => window.compare());
    await tab.run(() => window.spy());
    assert.deepEqual(await tab.run(() => window.evidence), []);
    assert.deepEqual(await tab.run(() => window.messages), []);
    const clumsy = await tab.run(() => {
      const { fetch } = window;
      window.fetch = (...request) => fetch(...request);
      window.compare();
      return window.evidence;
    });
    assert.notDeepEqual(clumsy, [], 'the page would see a hook that does not look native');
    for (const { attributes, text, open, tag } of await tab.run(() => window.added())) {
      assert.equal(tag, 'DIV');
      assert.equal(open, false);
      assert.equal(text, '');
      assert.deepEqual(attributes.map(attribute => attribute.split('=')[0]).filter(attribute => attribute !== 'style'), []);
    }
    const origin = (await (await world.browser.extension('popup/popup.html')).run(() => location.origin));
    const reachable = await tab.run(async (base, files) => {
      const found = [];
      for (const file of files) await fetch(`${base}/${file}`).then(() => found.push(file), () => {});
      return found;
    }, origin, ['manifest.json', ...(await readdir(path.join(kExtension, 'page'))).map(file => `page/${file}`), 'popup/popup.html']);
    assert.deepEqual(reachable, []);
  }));

  test(`${name}: a page can't start a download by itself`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/detect`);
    await tab.until(playing);
    await playerButton(tab, /^Download this video$/);
    await tab.run(() => window.forge());
    assert.match((await playerButton(tab, /./)).label, /^Download this video$/);
    // A real press comes after all that was forged: if only one task is there, nothing else was heard.
    await pressDownload(tab);
    const daemon = await world.daemon();
    await assertFilm(await daemon.ended(), { seconds: 12 });
    assert.equal(daemon.tasks.size, 1);
  }));

  test(`${name}: cookies are in no log, and gone from the store when the task has ended`, { timeout: kTimeout }, inWorld(name, {}, async world => {
    const tab = await world.browser.open(`${world.site.url}/login`);
    await tab.until(playing);
    await pressDownload(tab);
    const daemon = await world.daemon();
    await assertFilm(await daemon.ended(), { seconds: 12 });
    await world.browser.close(); // or its extension would start the daemon again
    await world.stopDaemon();
    const home = world.environment.WEIR_HOME;
    const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath ?? entry.path, entry.name));
    assert.ok(files.some(file => file.endsWith('.db')));
    for (const file of files) assert.equal((await readFile(file)).includes('v1.member'), false, file);
  }));
}
