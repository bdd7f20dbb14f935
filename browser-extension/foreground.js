// How many pages load and how many play: two numbers for the daemon's rate control, told only while the port is open anyway.

export class Foreground {
  /** @param {(counts: {pages: number, playing: number}) => void} tell */
  constructor(tell) {
    this.tell = tell;
    this.loading = new Set();
    this.playing = new Set();
    this.told = '0 0';
  }

  load(tab, isLoading) {
    this.#note(this.loading, tab, isLoading);
  }

  play(tab, frame, isPlaying) {
    this.#note(this.playing, `${tab} ${frame}`, isPlaying);
  }

  forget(tab) {
    this.loading.delete(tab);
    for (const key of this.playing) if (key.startsWith(`${tab} `)) this.playing.delete(key);
    this.#changed();
  }

  /** A new connection knows nothing. */
  repeat() {
    this.told = '0 0';
    this.#changed();
  }

  #note(set, key, on) {
    if (on) set.add(key);
    else set.delete(key);
    this.#changed();
  }

  #changed() {
    const counts = { pages: this.loading.size, playing: this.playing.size };
    const text = `${counts.pages} ${counts.playing}`;
    if (text === this.told) return;
    this.told = text;
    this.tell(counts);
  }
}
