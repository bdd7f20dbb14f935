import assert from 'node:assert/strict';
import test from 'node:test';
import { Pieces } from '../pieces.js';

test('three of one form are a stream, and what came beside them belongs to it', () => {
  const pieces = new Pieces();
  for (const name of ['init.mp4', 'a1.m4s', 'a2.m4s']) pieces.add(1, `https://c/${name}`);
  assert.deepEqual(pieces.of(1), []);
  assert.equal(pieces.add(1, 'https://c/a3.m4s'), true);
  assert.deepEqual(pieces.of(1), ['https://c/init.mp4', 'https://c/a1.m4s', 'https://c/a2.m4s', 'https://c/a3.m4s']);
  assert.deepEqual(pieces.of(2), []);
});

test('a piece that is fetched again counts once', () => {
  const pieces = new Pieces();
  for (let i = 0; i < 5; i++) pieces.add(1, 'https://c/a1.ts');
  assert.deepEqual(pieces.of(1), []);
  assert.equal(pieces.add(1, 'https://c/a1.ts'), false);
});

test('neither tabs nor pieces grow without end', () => {
  const pieces = new Pieces();
  for (let tab = 0; tab < 100; tab++) for (let i = 0; i < 3; i++) pieces.add(tab, `https://c/${i}.ts`);
  assert.equal(Object.keys(pieces.tabs).length, 20);
  for (let i = 0; i < 5000; i++) pieces.add(99, `https://c/${i}.ts`);
  assert.equal(pieces.of(99).length, 2000);
  pieces.forget(99);
  assert.deepEqual(pieces.of(99), []);
});
