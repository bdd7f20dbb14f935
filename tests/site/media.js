// The site's films, made by ffmpeg the first time: `node tests/site/media.js` prints their folder. Nothing here is random,
// so a folder that is there is right; another recipe gets another folder.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = fileURLToPath(import.meta.url);
const cache = path.resolve(path.dirname(here), '../../build/site-media');

export const kFilmSeconds = 12;
export const kAdSeconds = 3;
export const kLiveSeconds = 1; // of each live segment
export const kLiveSegments = 40;
export const kKeyBytes = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

const kH264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'];
const kAac = ['-c:a', 'aac', '-b:a', '64k'];

/** A picture that tells its source apart at a glance, with a tone of its own. */
const film = (size, seconds, tone, source = 'testsrc2') => [
  '-f', 'lavfi', '-i', `${source}=s=${size}:r=25`,
  '-f', 'lavfi', '-i', `sine=${tone}:r=48000`, '-t', String(seconds),
  ...kH264, '-g', '25', '-keyint_min', '25', '-sc_threshold', '0', ...kAac,
];
const hls = (name, ...more) => ['-c', 'copy', '-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod', ...more, name];

/** Every file in the order of making; each row is what one ffmpeg gets, in the folder that is named. */
const kRecipe = [
  ['.', [...film('640x360', kFilmSeconds, 440), '-movflags', '+faststart', 'film.mp4']],
  ['.', [...film('320x180', kFilmSeconds, 440), '-movflags', '+faststart', 'film-small.mp4']],
  ['.', [...film('640x360', 8, 330, 'smptebars'), '-movflags', '+faststart', 'second.mp4']],
  ['.', [...film('640x360', 6, 550, 'rgbtestsrc'), '-movflags', '+faststart', 'third.mp4']],
  ['.', [...film('320x180', kAdSeconds, 880, 'pal75bars'), '-movflags', '+faststart', 'ad.mp4']],
  ['.', ['-i', 'film.mp4', '-vn', '-c:a', 'libmp3lame', '-b:a', '96k', 'podcast.mp3']],
  ['.', ['-i', 'film.mp4', '-an', '-vf', 'scale=320:180', '-frames:v', '1', 'poster.jpg']],
  ...[1, 2, 3, 4].map(n => ['.', ['-i', 'film.mp4', '-an', '-ss', String(2 * n), '-t', '1.5', '-vf', 'scale=160:90', ...kH264, '-movflags', '+faststart', `preview-${n}.mp4`]]),
  ['hls/high', ['-i', '../../film.mp4', ...hls('index.m3u8', '-hls_segment_filename', 'part%02d.ts')]],
  ['hls/low', ['-i', '../../film-small.mp4', ...hls('index.m3u8', '-hls_segment_filename', 'part%02d.ts')]],
  ['fmp4', ['-i', '../film.mp4', ...hls('film.m3u8', '-hls_segment_type', 'fmp4', '-hls_flags', 'single_file')]],
  ['aes', ['-i', '../film.mp4', ...hls('film.m3u8', '-hls_key_info_file', 'key-info')]],
  ['dash', ['-i', '../film.mp4', '-i', '../film-small.mp4', '-map', '0', '-map', '1:v', '-c', 'copy', '-f', 'dash', '-seg_duration', '2',
    '-adaptation_sets', 'id=0,streams=v id=1,streams=a', 'film.mpd']],
  ['live', [...film('320x180', kLiveSegments * kLiveSeconds, 660), '-f', 'hls', '-hls_time', String(kLiveSeconds), '-hls_list_size', '0', '-hls_segment_filename', 'part%02d.ts', 'all.m3u8']],
];

const kMaster = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,CODECS="avc1.64001e,mp4a.40.2"
high/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180,CODECS="avc1.64000d,mp4a.40.2"
low/index.m3u8
`;

/** A manifest that says its film is protected. The film behind it is plain: that is not for a downloader to find out. */
function protect(mpd) {
  const system = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc" xmlns:cenc="urn:mpeg:cenc:2013" cenc:default_KID="00010203-0405-0607-0809-0a0b0c0d0e0f"/>'
    + '<ContentProtection schemeIdUri="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed" value="Widevine"><cenc:pssh xmlns:cenc="urn:mpeg:cenc:2013">AAAAMnBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAABISEAABAgMEBQYHCAkKCwwNDg8=</cenc:pssh></ContentProtection>'
    + '<ContentProtection schemeIdUri="urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95" value="MSPR 2.0"/>';
  return mpd.replace(/(<AdaptationSet[^>]*>)/g, `$1${system}`);
}

async function make(folder) {
  for (const name of ['hls/high', 'hls/low', 'fmp4', 'aes', 'dash', 'live', 'drm'])
    await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, 'aes/film.key'), kKeyBytes);
  // The key's address is the site's own and wants the cookie; ffmpeg takes the bytes from the file.
  await writeFile(path.join(folder, 'aes/key-info'), `/members/film.key\n${path.join(folder, 'aes/film.key')}\n`);
  for (const [where, what] of kRecipe)
    await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...what], { cwd: path.join(folder, where) });
  await writeFile(path.join(folder, 'hls/film.m3u8'), kMaster);
  await writeFile(path.join(folder, 'drm/film.mpd'), protect(await readFile(path.join(folder, 'dash/film.mpd'), 'utf8')));
}

/** The folder with everything; made if it is not there. Two who make it at once do no harm: the first rename counts. */
export async function siteMedia() {
  const recipe = createHash('sha256').update(await readFile(here)).digest('hex').slice(0, 12);
  const folder = path.join(cache, recipe);
  if (await stat(folder).catch(() => null)) return folder;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'making-'));
  try {
    await make(work);
    await rename(work, folder).catch(async error => {
      if (!(await stat(folder).catch(() => null))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

if (process.argv[1] === here) console.log(await siteMedia());
