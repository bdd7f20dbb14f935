// The whole way from the page to the file: the sample site, Chromium without a display, the extension of this tree, a click on
// "Download this video", and what the finished MP4 holds. The browser starts the host, the host starts the daemon.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pressDownload } from '../tests/extension/support/extension.js';
import { playing } from '../tests/extension/support/in_page.js';
import { probe } from '../tests/extension/support/probe.js';
import { kRoot, World } from '../tests/extension/support/world.js';

const say = (what, text) => console.log(`${`${what}:`.padEnd(10)}${text}`);
const kPatience = 90_000;

async function show(world, target) {
  await world.furnish({ settings: { 'downloads.dir': target } });
  await world.registerHost();
  say('Site', `${world.site.url}/hls, a page whose player fetches a film over HLS in two qualities`);
  const browser = await world.openBrowser();
  say('Browser', `Chromium ${browser.context.browser()?.version() ?? ''} without a display, with the extension from browser-extension/`);
  const tab = await browser.open(`${world.site.url}/hls`);
  await tab.until(playing);
  const begin = performance.now();
  await pressDownload(tab, { quality: /360p/ });
  say('Click', 'on "Download this video" over the player, then on 360p; the browser starts the host, the host the daemon');
  const task = await (await world.daemon()).ended();
  const seconds = (performance.now() - begin) / 1000;
  if (task.state !== 'done') throw new Error(`${task.error?.message} ${task.error?.detail ?? ''}`);
  const found = await probe(task.path);
  say('File', task.path);
  say('Holds', `${(found.size / 1e6).toFixed(2)} MB, ${found.seconds.toFixed(1)} s, ${found.tracks.map((kind, index) => `${kind} (${found.codecs[index]})`).join(', ')}, ${found.height}p`);
  say('Time', `${seconds.toFixed(1)} s from the click to the finished file`);
}

const world = new World('chromium');
const target = path.join(kRoot, 'build/demo');
const watchdog = setTimeout(() => { say('Result', 'FAILED: it took too long'); process.exit(1); }, kPatience);
try {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await show(world, target);
} catch (error) {
  say('Result', `FAILED: ${error.message}\n${await world.report()}`);
  process.exitCode = 1;
} finally {
  await world.end();
  clearTimeout(watchdog);
}
console.log();
