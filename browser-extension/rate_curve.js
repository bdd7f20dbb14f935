// The small curve of the rate: a ring of samples, and their line in a box. Pure.

export class RateHistory {
  /** @param {number} [most] samples @param {number} [every] milliseconds */
  constructor(most = 60, every = 1000, samples = []) {
    this.most = most;
    this.every = every;
    /** @type {number[]} */
    this.samples = samples.slice(-most);
    this.last = 0;
  }

  /** Keeps one sample for each step of time: the newest of it; steps without news repeat nothing and count as 0. */
  add(rate, now) {
    const step = Math.floor(now / this.every);
    if (this.samples.length && step === this.last) {
      this.samples[this.samples.length - 1] = rate;
      return;
    }
    if (this.samples.length) for (let gap = Math.min(step - this.last - 1, this.most); gap > 0; gap--) this.samples.push(0);
    this.samples.push(rate);
    this.samples.splice(0, this.samples.length - this.most);
    this.last = step;
  }
}

/**
 * The `d` of an SVG path: the samples end at the right edge; the highest one reaches the top.
 * @param {number[]} samples @param {number} width @param {number} height @param {number} [most] samples that fill the width
 */
export function curvePath(samples, width, height, most = 60) {
  if (samples.length < 2) return '';
  const top = Math.max(...samples, 1);
  const step = width / (most - 1);
  return samples
    .map(
      (value, i) =>
        `${i ? 'L' : 'M'}${round(width - (samples.length - 1 - i) * step)} ${round(height - (value / top) * height)}`,
    )
    .join('');
}

const round = value => Math.round(value * 10) / 10;
