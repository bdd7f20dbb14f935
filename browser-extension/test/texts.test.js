import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';

const kRoot = new URL('..', import.meta.url);
const read = name => fs.readFileSync(new URL(name, kRoot), 'utf8');
const messages = language => JSON.parse(read(`_locales/${language}/messages.json`));
const sources = fs
  .readdirSync(kRoot, { recursive: true })
  .map(String)
  .filter(name => /\.(js|html|json)$/.test(name) && !/^(test|_locales|node_modules)\b/.test(name));
const code = sources.map(read).join('\n');
const english = messages('en');

test('every language has every text, with the same values in it', () => {
  const chinese = messages('zh_CN');
  assert.deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort());
  const values = ({ message }) => (message.match(/\$\d/g) ?? []).sort().join();
  for (const [name, entry] of Object.entries(english)) {
    assert.ok(entry.message && chinese[name].message, name);
    assert.equal(values(chinese[name]), values(entry), name);
  }
});

test('every text that is asked for is there', () => {
  const asked = [...code.matchAll(/(?:\btext\(|getMessage\(|data-(?:text|label)=)['"](\w+)['"]/g)].map(match => match[1]);
  const inManifest = [...read('manifest.json').matchAll(/__MSG_(\w+)__/g)].map(match => match[1]);
  assert.ok(asked.length > 60);
  for (const name of [...asked, ...inManifest]) assert.ok(name in english, name);
});

test('every text that is there is asked for', () => {
  // Those whose names are put together: problemX and remedyX, kindX, verdictX.
  const composed = /^(problem|remedy|kind|verdict)[A-Za-z]+$/;
  const unused = Object.keys(english).filter(name => !composed.test(name) && !new RegExp(`['"_]${name}['"_]`).test(code));
  assert.deepEqual(unused, []);
});

test('the manifest names only what is there, and makes nothing reachable for pages', () => {
  const manifest = JSON.parse(read('manifest.json'));
  const files = [
    ...Object.values(manifest.icons),
    ...manifest.content_scripts.flatMap(script => script.js),
    manifest.background.service_worker,
    manifest.action.default_popup,
    manifest.options_ui.page,
  ];
  for (const file of files) assert.ok(fs.existsSync(new URL(file, kRoot)), file);
  assert.equal(manifest.web_accessible_resources, undefined);
  assert.equal(manifest.externally_connectable, undefined);
});
