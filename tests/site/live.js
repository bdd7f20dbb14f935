// A live show: a window that slides over segments made beforehand.
import { kLiveSeconds, kLiveSegments } from './media.js';

const kWindow = 5;

/** The playlist as it is after so many seconds; pure. */
export function livePlaylist(age, length) {
  const all = Math.min(length, kLiveSegments);
  const end = Math.min(all, kWindow + Math.floor(age / kLiveSeconds));
  const begin = Math.max(0, end - kWindow);
  const lines = ['#EXTM3U', '#EXT-X-VERSION:3', `#EXT-X-TARGETDURATION:${Math.ceil(kLiveSeconds)}`, `#EXT-X-MEDIA-SEQUENCE:${begin}`];
  for (let number = begin; number < end; ++number)
    lines.push(`#EXTINF:${kLiveSeconds.toFixed(3)},`, `part${String(number).padStart(2, '0')}.ts`);
  if (end === all) lines.push('#EXT-X-ENDLIST');
  return lines.join('\n') + '\n';
}
