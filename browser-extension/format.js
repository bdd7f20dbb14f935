// Numbers as people read them. Pure; `unit` texts are the same in every language.

const kUnits = ['B', 'KB', 'MB', 'GB', 'TB'];

/** @param {number | null | undefined} bytes */
export function sizeText(bytes) {
  if (bytes === null || bytes === undefined || !(bytes >= 0)) return '';
  let value = bytes,
    unit = 0;
  while (value >= 999.5 && unit < kUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${kUnits[unit]}`;
}

/** @param {number} bytes a second */
export const rateText = bytes => `${sizeText(bytes) || '0 B'}/s`;

/** 75 is "1:15". @param {number | null | undefined} seconds */
export function timeText(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return '';
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i ? String(part).padStart(2, '0') : String(part))).join(':');
}

/** Done of a whole from 0 to 1, or -1 when the whole is not known. */
export function fraction(task) {
  if (task.state === 'done') return 1;
  return task.size > 0 ? Math.min(1, task.done / task.size) : -1;
}
