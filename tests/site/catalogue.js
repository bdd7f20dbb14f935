// Which entry is the right one on each page: what the capture tests count against.

/**
 * @typedef {object} Page
 * @property {string} page      its path
 * @property {string} [first]   path of the address that must lead the list; none: nothing may be offered
 * @property {string[]} [also]  what may be listed besides (it was played too); anything else is a wrong entry
 * @property {'other'} [origin] the address lies on the foreign origin
 * @property {string} [title]   words that the entry's title must have
 * @property {string[]} [only]  browsers in which the page plays
 * @property {string} [login]   to be opened before
 * @property {string} [ready]   an expression in the page that becomes true when everything has been asked for
 * @property {number} [seconds] of the finished file, about
 * @property {number} [shortest] a live show is joined near its edge: it may be as short as this
 * @property {string[]} [tracks] of the finished file
 */
const kBoth = ['video', 'audio'];

/** @type {Page[]} */
export const kPages = [
  { page: '/plain', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/sources', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/changing', first: '/media/film.mp4', also: ['/media/third.mp4', '/media/second.mp4'], ready: "document.body.dataset.ready === 'yes'", seconds: 12, tracks: kBoth },
  { page: '/hls', first: '/media/hls/film.m3u8', seconds: 12, tracks: kBoth },
  { page: '/hls-plain', first: '/media/hls/high/index.m3u8', seconds: 12, tracks: kBoth },
  { page: '/hls-fmp4', first: '/media/fmp4/film.m3u8', seconds: 12, tracks: kBoth },
  { page: '/dash', first: '/media/dash/film.mpd', seconds: 12, tracks: kBoth },
  { page: '/shaka', first: '/media/dash/film.mpd', seconds: 12, tracks: kBoth },
  { page: '/video-js', first: '/media/hls/film.m3u8', seconds: 12, tracks: kBoth },
  { page: '/native-hls', first: '/media/hls/film.m3u8', only: ['chromium'], seconds: 12, tracks: kBoth },
  { page: '/frame', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/foreign-frame', first: '/media/hls/film.m3u8', origin: 'other', seconds: 12, tracks: kBoth },
  { page: '/blob', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/hidden', first: '/api/play/7f3a', seconds: 12, tracks: kBoth },
  { page: '/members', first: '/members/film.mp4', login: '/login', seconds: 12, tracks: kBoth },
  { page: '/members-hls', first: '/members/aes/film.m3u8', login: '/login', seconds: 12, tracks: kBoth },
  { page: '/signed', first: '/signed/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/live?length=8', first: '/live/show.m3u8', seconds: 8, shortest: 3, tracks: kBoth },
  { page: '/service-worker', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/worker', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/shadow', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/beside', first: '/media/film.mp4', seconds: 12, tracks: kBoth },
  { page: '/preroll', first: '/media/film.mp4', also: [], seconds: 12, tracks: kBoth },
  { page: '/audio', first: '/media/podcast.mp3', seconds: 12, tracks: ['audio'] },
  { page: '/drm' }, // protected: it may be shown, not offered
  { page: '/scripted' }, // its pieces are shown apart, on demand
  { page: '/article' },
  { page: '/links' },
];

/** What is wrong with a page's list of addresses, the best first: {right, wrong}; pure. */
export function judge(page, addresses) {
  const paths = addresses.map(address => new URL(address).pathname);
  const right = page.first ? paths[0] === page.first : paths.length === 0;
  const wrong = paths.filter((path, index) => path !== page.first && !(page.also ?? []).includes(path) || paths.indexOf(path) !== index);
  return { right, wrong };
}
