import assert from 'node:assert/strict';
import test from 'node:test';
import { buttonJob } from '../button_job.js';
import { qualitiesOf } from '../choices.js';
import { hasTaken, TaskFeed } from '../task_feed.js';

const task = (id, state, more = {}) => ({
  id,
  state,
  name: `t${id}`,
  size: null,
  done: 0,
  rateDown: 0,
  holds: [],
  error: null,
  ...more,
});
const user = [{ owner: 'user', reason: '', until: null }];

test('a snapshot replaces, a resumed one keeps', () => {
  const feed = new TaskFeed();
  feed.begin({ sequence: 5, tasks: [task(1, 'running')] });
  assert.deepEqual(feed.begin({ sequence: 5, tasks: [], resumed: true }), []);
  assert.equal(feed.active().length, 1);
  feed.begin({ sequence: 9, tasks: [] });
  assert.equal(feed.tasks.size, 0);
});

test('what ended is told once, also when it ended while nobody listened', () => {
  const feed = new TaskFeed();
  feed.begin({ sequence: 1, tasks: [task(1, 'running'), task(2, 'running'), task(3, 'done')] });
  assert.deepEqual(
    feed.apply({ sequence: 2, tasks: [task(1, 'done')] }).map(one => one.id),
    [1],
  );
  assert.deepEqual(feed.apply({ sequence: 3, tasks: [task(1, 'done')] }), []);
  assert.deepEqual(
    feed.begin({ sequence: 9, tasks: [task(1, 'done'), task(2, 'failed'), task(3, 'done')] }).map(one => one.id),
    [2],
  );
});

test('removed ones are gone, old ones are forgotten, running ones never', () => {
  const feed = new TaskFeed();
  feed.apply({ sequence: 1, tasks: [task(1, 'running'), ...Array.from({ length: 500 }, (_, i) => task(i + 2, 'done'))] });
  assert.ok(feed.tasks.size <= 201);
  assert.ok(feed.tasks.has(1));
  feed.apply({ sequence: 2, removed: [1] });
  assert.ok(!feed.tasks.has(1));
});

test('a feed goes through storage', () => {
  const feed = new TaskFeed();
  feed.apply({ sequence: 7, tasks: [task(1, 'running', { rateDown: 5 })] });
  const again = new TaskFeed();
  again.restore(JSON.parse(JSON.stringify(feed.kept())));
  assert.equal(again.sequence, 7);
  assert.equal(again.rate(), 5);
});

test('the browser lets go only of what the daemon has', () => {
  assert.equal(hasTaken(task(1, 'waiting')), 'wait');
  assert.equal(hasTaken(task(1, 'running')), 'wait');
  assert.equal(hasTaken(task(1, 'running', { size: 5 })), 'yes');
  assert.equal(hasTaken(task(1, 'running', { done: 5 })), 'yes');
  assert.equal(hasTaken(task(1, 'done')), 'yes');
  assert.equal(hasTaken(task(1, 'failed', { size: 5 })), 'no');
  assert.equal(hasTaken(task(1, 'waiting', { holds: user, size: 5 })), 'no');
});

const variant = (number, label, bitrate) => ({ number, label, language: '', bitrate });

test('qualities: one row for each picture, the best first, sound is no choice', () => {
  const rows = qualitiesOf({
    files: [],
    variants: [
      variant(1, 'video 640x360 25 fps avc1 300 kbit/s', 300000),
      variant(2, 'video 1280x720 25 fps avc1', 900000),
      variant(3, 'video 1280x720 25 fps avc1', 1200000),
      variant(4, 'video 1280x720 60 fps avc1', 2000000),
      variant(5, 'audio English en 2 ch', 128000),
    ],
  });
  assert.deepEqual(
    rows.map(row => row.label),
    ['720p60', '720p', '360p'],
  );
  assert.deepEqual(rows[1].choice, { quality: 'bandwidth=1200000' });
});

test('one picture is no choice, and nonsense is none', () => {
  assert.deepEqual(qualitiesOf({ files: [], variants: [variant(1, 'video 640x360', 1), variant(2, 'audio en', 1)] }), []);
  assert.deepEqual(qualitiesOf(undefined), []);
  assert.deepEqual(
    qualitiesOf({ files: [], variants: [variant(1, 'video', 500000), variant(2, 'video', 1500000)] }).map(row => row.label),
    ['1.5 Mbit/s', '500 kbit/s'],
  );
});

test('what a button shows', () => {
  assert.equal(buttonJob('t', undefined).state, 'added');
  assert.equal(buttonJob('t', task(1, 'waiting')).state, 'added');
  assert.equal(buttonJob('t', task(1, 'waiting', { holds: user })).state, 'held');
  assert.equal(buttonJob('t', task(1, 'waiting', { done: 9, size: 10 })).state, 'running');
  assert.deepEqual(buttonJob('t', task(1, 'running', { done: 5, size: 10 })), { token: 't', state: 'running', fraction: 0.5 });
  assert.equal(buttonJob('t', task(1, 'sharing')).state, 'done');
  assert.equal(buttonJob('t', task(1, 'choosing')).state, 'added');
  const choices = { files: [], variants: [variant(1, 'video 640x360', 1), variant(2, 'video 320x180', 1)] };
  assert.equal(buttonJob('t', task(1, 'choosing', { choices })).qualities.length, 2);
  assert.equal(buttonJob('t', task(1, 'failed', { error: { message: 'no', hint: 'h' } })).message, 'no');
});
