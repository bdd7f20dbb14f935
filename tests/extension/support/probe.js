// What a finished file really holds.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** {size, seconds, tracks}: tracks are the kinds in the file's order. */
export async function probe(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration:stream=codec_type,codec_name,height', '-of', 'json', file]);
  const { format, streams } = JSON.parse(stdout);
  return { size: (await stat(file)).size, seconds: Number(format.duration), tracks: streams.map(stream => stream.codec_type),
    codecs: streams.map(stream => stream.codec_name), height: Math.max(...streams.map(stream => stream.height ?? 0)) };
}

/** The file of a task is on disk, whole, under its own name, with these tracks and about that length, and nothing is left beside it. */
export async function assertFilm(task, { seconds, shortest = seconds, tracks = ['video', 'audio'] }) {
  assert.equal(task.state, 'done', JSON.stringify(task.error));
  const found = await probe(task.path);
  assert.deepEqual([...found.tracks].sort(), [...tracks].sort(), `tracks of ${task.path}`);
  assert.ok(found.seconds > shortest - 1 && found.seconds < seconds + 1, `${task.path} lasts ${found.seconds} s instead of ${seconds} s`);
  const beside = (await readdir(path.dirname(task.path))).filter(name => /\.(part|spool)$/.test(name));
  assert.deepEqual(beside, [], 'unfinished data was left');
  return found;
}
