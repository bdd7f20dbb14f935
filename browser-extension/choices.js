// The qualities a task offers while it waits for a choice. Pure.

const kKind = /^(video|audio|subtitles)\b/;

/**
 * One row for each quality of the picture, the best first; nothing when there is no real choice.
 * @param {import('./types').Task['choices']} choices
 * @returns {{label: string, choice: object}[]}
 */
export function qualitiesOf(choices) {
  const rows = new Map();
  for (const variant of choices?.variants ?? []) {
    if (kKind.exec(variant.label)?.[1] !== 'video') continue;
    const size = /(\d{2,5})x(\d{2,5})/.exec(variant.label);
    const height = size ? Math.min(Number(size[1]), Number(size[2])) : 0;
    const fps = Math.round(Number(/([\d.]+) fps/.exec(variant.label)?.[1] ?? 0));
    const label = height ? `${height}p${fps > 30 ? fps : ''}` : '';
    const key = label || `#${variant.number}`;
    const known = rows.get(key);
    if (!known || known.bitrate < variant.bitrate) rows.set(key, { ...variant, height, fps, label });
  }
  const sorted = [...rows.values()].sort((a, b) => b.height - a.height || b.fps - a.fps || b.bitrate - a.bitrate);
  if (sorted.length < 2) return [];
  return sorted.map(variant => ({
    label: variant.label || bitrateText(variant.bitrate) || `#${variant.number}`,
    choice: choiceOf(variant),
  }));
}

/** What takes the place of an answer when there is nothing to ask. */
export const kBest = { quality: 'best' };

// The wish as a condition: it brings the sound that belongs to the picture with it.
function choiceOf({ bitrate, height }) {
  return { quality: bitrate ? `bandwidth=${bitrate}` : height ? `${height}p` : 'best' };
}

function bitrateText(bitrate) {
  return bitrate >= 1e6 ? `${(bitrate / 1e6).toFixed(1)} Mbit/s` : bitrate > 0 ? `${Math.round(bitrate / 1000)} kbit/s` : '';
}
