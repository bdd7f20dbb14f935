// The shapes that travel between the modules. Nothing here exists at run time.

export interface Rules {
  revision: number;
  playlist: { types: string[]; extensions: string[] };
  media: { types: string[]; extensions: string[]; minBytes: number };
  segment: { types: string[]; extensions: string[] };
  genericTypes: string[];
  ignoredHosts: string[];
  ignoredUrls: string[];
  previewWords: string[];
  previewSeconds: number;
  volatileParams: string[];
  takeOver: { minBytes: number; extensions: string[]; exceptExtensions: string[]; exceptTypes: string[] };
  own?: OwnRule[];
}

/** A rule of the user's, before all others. */
export interface OwnRule {
  pattern: string;
  verdict: Verdict;
}

export type Verdict = 'none' | 'media' | 'playlist' | 'segment';

/** Whose cookies: of private windows or not, and in Firefox of which container. */
export interface Jar {
  private: boolean;
  storeId?: string;
}

/** One request as the browser made it; what is needed to make it again. */
export interface RequestRecord extends Jar {
  url: string;
  method: string;
  type: string;
  tabId: number;
  frameId: number;
  page: string;
  /** the browser's own number of the document that asks */
  document?: string;
  headers: [string, string][];
  body?: string;
  bodyLost?: boolean;
  /** when the reply began; `time` is when the request did */
  answered?: number;
  time: number;
}

export interface ResponseFacts {
  url: string;
  type: string;
  mime: string;
  size: number;
  attachment: boolean;
  fileName: string;
}

/** A media element as the content script saw it. */
export interface Element {
  src: string;
  width: number;
  height: number;
  duration: number;
  playing: boolean;
  decorative: boolean;
  audio: boolean;
  title: string;
  poster: string;
}

/** What the main-world hook noticed. */
export interface Hint {
  kind: 'playlist' | 'source' | 'piece';
  url: string;
  master?: boolean;
  children?: string[];
  live?: boolean;
  drm?: boolean;
  of?: 'stream' | 'blob';
  mime?: string;
  size?: number;
}

/** One thing that a page offers. */
export interface Entry {
  id: string;
  kind: 'playlist' | 'media' | 'blob';
  url: string;
  mime: string;
  size: number;
  title: string;
  poster: string;
  duration: number;
  height: number;
  frameId: number;
  via: string;
  time: number;
  /** its text was seen, so `master` and `children` are facts */
  read: boolean;
  master: boolean;
  /** an element of the page shows it */
  sure: boolean;
  live: boolean;
  drm: boolean;
  children: string[];
  mirrors: string[];
  request: RequestRecord | null;
}

/** What was seen in a tab since it shows this page. */
export interface Page {
  url: string;
  title: string;
  image: string;
  entries: Entry[];
  /** media that the rules don't want */
  refused: string[];
  /** when its document began to come, if that was seen */
  began: number;
  /** the document of the whole page, and those of its frames, as far as they have told; and those of the page before */
  top: string;
  documents: string[];
  past: string[];
  frames: Record<number, Frame>;
}

export interface Frame {
  elements: Element[];
  /** what the page's script made for its players: a MediaSource, or data */
  sources: Record<string, 'stream' | { mime: string; size: number }>;
  /** addresses that differ only in numbers, by their form */
  patterns: Record<string, string[]>;
}

export interface Problem {
  code: string;
  message: string;
  hint: string;
}

export interface Task {
  id: number;
  url: string;
  kind: string;
  state: string;
  name: string;
  path: string;
  mime: string;
  size: number | null;
  done: number;
  rateDown: number;
  eta: number | null;
  phase: string;
  holds: { owner: string; reason: string; until: string | null }[];
  error: null | { code: string; message: string; hint: string; detail: string; retry: string };
  created: string;
  finished: string | null;
  choices?: { files: object[]; variants: { number: number; label: string; language: string; bitrate: number }[] };
}

export interface Settings {
  ask: boolean;
  button: boolean;
  takeOver: boolean;
  takeOverBytes: number;
  takeOverExtensions: string[];
  takeOverPost: boolean;
  bypassKey: '' | 'alt' | 'ctrl' | 'shift';
  notify: boolean;
  limit: number;
  quality: string;
  sites: Record<string, { button?: boolean; takeOver?: boolean; capture?: boolean }>;
  rules: OwnRule[];
}
