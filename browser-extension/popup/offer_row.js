// One thing that the page offers.
import { sizeText, timeText } from '../format.js';
import { el, icon, text } from '../ui/dom.js';

export function offerRow(offer, actions) {
  const picture = el('div', { className: 'picture' });
  const title = el('div', { className: 'title' });
  const facts = el('div', { className: 'small soft number one-line' });
  const button = el('button', { type: 'button', className: 'strong' });
  let current = offer;
  button.addEventListener('click', async () => {
    button.disabled = true;
    const good = await actions.take(current.id);
    button.disabled = good;
    if (good) label('done', 'offerTaken');
  });
  const label = (name, word) => button.replaceChildren(icon(name), text(word));
  label('download', 'offerTake');

  function update(next) {
    current = next;
    title.textContent = next.title || next.fileName;
    title.title = next.fileName;
    facts.textContent = factsOf(next).join(' · ');
    button.classList.toggle('hidden', next.drm);
    button.setAttribute('aria-label', text('offerTakeLabel', next.title));
    drawPicture(next);
    if (!next.taskId && button.disabled && picture.dataset.taken) {
      button.disabled = false;
      label('download', 'offerTake');
    }
    picture.dataset.taken = next.taskId ? 'yes' : '';
  }

  function drawPicture({ poster, kind, mime, drm }) {
    const key = `${poster} ${drm}`;
    if (picture.dataset.key === key) return;
    picture.dataset.key = key;
    picture.replaceChildren(
      icon(drm ? 'lock' : /^audio\//.test(mime) ? 'sound' : kind === 'media' || kind === 'playlist' ? 'stream' : 'file'),
    );
    if (poster) {
      // No cookies and no referrer: the site learns nothing that the page has not told it.
      const image = el('img', {
        alt: '',
        crossOrigin: 'anonymous',
        referrerPolicy: 'no-referrer',
        on: { error: () => image.remove() },
      });
      image.src = poster;
      picture.append(image);
    }
  }

  return {
    root: el(
      'li',
      { className: 'offer', 'data-url': offer.url },
      picture,
      el('div', { className: 'words' }, title, facts),
      button,
    ),
    update,
  };
}

function factsOf({ kind, mime, live, drm, duration, height, size, url }) {
  if (drm) return [text('offerProtected')];
  const type =
    kind === 'playlist'
      ? text(live ? 'offerLive' : 'offerStream')
      : kind === 'blob'
        ? text('offerData')
        : (mime.split('/')[1] ?? '').replace(/^x-/, '').toUpperCase();
  return [
    type,
    height ? `${height}p` : '',
    duration ? timeText(duration) : '',
    size > 0 && kind !== 'playlist' ? sizeText(size) : '',
    hostOf(url),
  ].filter(Boolean);
}

function hostOf(url) {
  try {
    return new URL(url).hostname;
  } catch {
    return '';
  }
}
